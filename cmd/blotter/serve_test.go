package main

import (
	"bytes"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// serve serves a folder of a script on loopback until the script ends: serve NAME DIR. $NAME is then the site's address,
// $NAME_ADDR its ip:port for crawl.allow, and ${BASE} in a file the address again. A path is answered with the file of its
// name, or with index.html of the folder; what is not there is a 404 but for a file of the name with .403 behind it, or another
// status, which is answered so, and with .301, which holds where it leads.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: serve NAME DIR")
	}
	s := httptest.NewServer(folder(ts.MkAbs(args[1])))
	ts.Defer(s.Close)
	ts.Setenv(args[0], s.URL)
	ts.Setenv(args[0]+"_ADDR", s.Listener.Addr().String())
}

// folder is the handler of serve.
func folder(dir string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := filepath.Join(dir, filepath.FromSlash(path.Clean("/"+r.URL.Path)))
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			name = filepath.Join(name, "index.html")
		}
		for _, status := range []int{http.StatusOK, http.StatusMovedPermanently, http.StatusFound, http.StatusForbidden, http.StatusServiceUnavailable} {
			file := name
			if status != http.StatusOK {
				file += "." + strconv.Itoa(status)
			}
			body, err := os.ReadFile(file)
			if err != nil {
				continue
			}
			body = bytes.ReplaceAll(body, []byte("${BASE}"), []byte("http://"+r.Host))
			if status/100 == 3 {
				w.Header().Set("Location", strings.TrimSpace(string(body)))
			}
			w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
			w.WriteHeader(status)
			w.Write(body)
			return
		}
		http.NotFound(w, r)
	})
}

// expand puts the variables of a script into files: expand FILE….
func expand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: expand FILE…")
	}
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o644))
	}
}
