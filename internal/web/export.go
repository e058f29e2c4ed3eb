package web

import (
	"bufio"
	"errors"
	"io"
	"net/http"

	"blotter/internal/export"
)

// exportArticles streams all articles that a query finds, or all there are. As long as nothing was written an error is answered
// as a problem; after that the connection is cut, so that nobody takes the part for the whole.
func exportArticles(_ *handler, w *reply, r *request) error {
	q, err := r.query()
	if err != nil {
		return err
	}
	o := export.Options{Columns: r.list("columns"), Source: r.house.Reader.Named}
	if o.FullText, err = r.flag("full_text"); err != nil {
		return err
	}
	if r.form.Has("rows") {
		if o.Rows, err = export.ParseRows(r.form.Get("rows")); err != nil {
			return wrong("rows", "%v", err)
		}
	}
	format := "csv"
	if r.form.Has("format") {
		format = r.form.Get("format")
	}
	mediaType, ending := export.MediaType(format)
	if mediaType == "" {
		_, err := export.New(format, io.Discard, o)
		return wrong("format", "%v", err)
	}
	if _, err := export.New(format, io.Discard, o); err != nil {
		return problemf(http.StatusBadRequest, kindParameter, "%v", err)
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Disposition", `attachment; filename="blotter-export`+ending+`"`)
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	buffered := bufio.NewWriterSize(taken{w}, 1<<16)
	encoder, err := export.New(format, buffered, o)
	if err != nil {
		return err
	}
	if _, err = r.house.Reader.Each(r.Context(), q, encoder.Encode); err == nil {
		err = errors.Join(encoder.Close(), buffered.Flush())
	}
	if err != nil && w.status != 0 {
		panic(http.ErrAbortHandler)
	}
	return err
}

// taken is a reply of which each piece must be taken in some time.
type taken struct{ *reply }

func (w taken) Write(p []byte) (int, error) {
	w.hurry(writeTimeout)
	return w.reply.Write(p)
}
