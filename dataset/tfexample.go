package dataset

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// A feature is what is read of a tf.train.Feature: how many values it has, and the first. Values beyond are not kept, so that a
// record costs no more memory than it has bytes.
type feature struct {
	kind  protowire.Number // 1: bytes, 2: floats, 3: integers; 0: none
	count int
	bytes []byte
	int   int64
}

// parseExample gives the features of a serialised tf.train.Example by name. Its messages are (tensorflow/core/example/*.proto)
//
//	Example   { Features features = 1; }
//	Features  { map<string, Feature> feature = 1; }  // entries { string key = 1; Feature value = 2; }
//	Feature   { oneof { BytesList = 1; FloatList = 2; Int64List = 3; } }  // each { repeated value = 1; }
//
// Bytes lie within data.
func parseExample(data []byte, wanted func(name string) bool) (map[string]feature, error) {
	out := map[string]feature{}
	err := messages(data, 1, func(features []byte) error {
		return messages(features, 1, func(entry []byte) error {
			var name []byte
			if err := messages(entry, 1, func(b []byte) error { name = b; return nil }); err != nil {
				return err
			}
			if !wanted(string(name)) {
				return nil
			}
			var f feature
			err := messages(entry, 2, func(value []byte) error { return f.parse(value) })
			out[string(name)] = f
			return err
		})
	})
	return out, err
}

// parse reads a Feature; where it has several lists, the last kind counts.
func (f *feature) parse(b []byte) error {
	return fields(b, func(n protowire.Number, t protowire.Type, value []byte, _ uint64) error {
		if t != protowire.BytesType || n < 1 || n > 3 {
			return nil
		}
		if f.kind != n {
			*f = feature{kind: n}
		}
		return fields(value, func(n protowire.Number, t protowire.Type, value []byte, number uint64) error {
			switch {
			case n != 1:
			case f.kind == 1 && t == protowire.BytesType:
				f.add(value, 0)
			case f.kind == 2 && t == protowire.Fixed32Type:
				f.add(nil, 0)
			case f.kind == 2 && t == protowire.BytesType:
				f.count += len(value) / 4
			case f.kind == 3 && t == protowire.VarintType:
				f.add(nil, int64(number))
			case f.kind == 3 && t == protowire.BytesType:
				for len(value) > 0 {
					v, n := protowire.ConsumeVarint(value)
					if n < 0 {
						return protowire.ParseError(n)
					}
					value = value[n:]
					f.add(nil, int64(v))
				}
			}
			return nil
		})
	})
}

func (f *feature) add(b []byte, i int64) {
	if f.count == 0 {
		f.bytes, f.int = b, i
	}
	f.count++
}

// messages visits the fields of that number that have content.
func messages(b []byte, number protowire.Number, visit func([]byte) error) error {
	return fields(b, func(n protowire.Number, t protowire.Type, value []byte, _ uint64) error {
		if n != number || t != protowire.BytesType {
			return nil
		}
		return visit(value)
	})
}

// fields visits the fields of a message: content, or else a number.
func fields(b []byte, visit func(n protowire.Number, t protowire.Type, value []byte, number uint64) error) error {
	for len(b) > 0 {
		n, t, k := protowire.ConsumeTag(b)
		if k < 0 {
			return protowire.ParseError(k)
		}
		b = b[k:]
		var value []byte
		var number uint64
		switch t {
		case protowire.BytesType:
			value, k = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			number, k = protowire.ConsumeVarint(b)
		default:
			k = protowire.ConsumeFieldValue(n, t, b)
		}
		if k < 0 {
			return protowire.ParseError(k)
		}
		b = b[k:]
		if err := visit(n, t, value, number); err != nil {
			return err
		}
	}
	return nil
}
