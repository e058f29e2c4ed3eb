package export

import (
	"io"
	"reflect"
	"time"

	"github.com/parquet-go/parquet-go"
)

// rowGroup is how many rows lie together in a Parquet file, and in memory while it is written.
const rowGroup = 5000

// parquetSheet writes Apache Parquet. A value that is not there is a null.
type parquetSheet struct {
	w       *parquet.GenericWriter[any]
	columns []column
	row     parquet.Row
}

// parquetTypes are the Go types and tags by which the library knows the columns' types.
var parquetTypes = map[Type]struct {
	of  reflect.Type
	tag string
}{
	String:   {reflect.TypeFor[*string](), ""},
	Integer:  {reflect.TypeFor[*int64](), ""},
	Number:   {reflect.TypeFor[*float64](), ""},
	Date:     {reflect.TypeFor[*int32](), ",date"},
	DateTime: {reflect.TypeFor[*int64](), ",timestamp(millisecond)"},
}

func newParquet(w io.Writer, o Options) (Encoder, error) {
	return newTable(w, o, func(w io.Writer, columns []column) (sheet, error) {
		fields := make([]reflect.StructField, len(columns))
		for i, c := range columns {
			t := parquetTypes[c.Type]
			fields[i] = reflect.StructField{
				Name: "C" + text(Integer, i), Type: t.of,
				Tag: reflect.StructTag(`parquet:"` + c.Name + `,optional` + t.tag + `"`),
			}
		}
		schema := parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface())
		return &parquetSheet{
			w:       parquet.NewGenericWriter[any](w, schema, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(rowGroup)),
			columns: columns,
		}, nil
	})
}

func (s *parquetSheet) write(values []any) error {
	s.row = s.row[:0]
	for i, v := range values {
		switch x := v.(type) {
		case int:
			v = int64(x)
		case time.Time:
			v = x.UnixMilli()
			if s.columns[i].Type == Date {
				v = int32(x.Unix() / (24 * 60 * 60))
			}
		}
		defined := 1
		if v == nil {
			defined = 0
		}
		s.row = append(s.row, parquet.ValueOf(v).Level(0, defined, i))
	}
	_, err := s.w.WriteRows([]parquet.Row{s.row})
	return err
}

func (s *parquetSheet) close() error { return s.w.Close() }
