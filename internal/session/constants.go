package session

import (
	"fmt"
	"math"

	"github.com/gosight/vision/internal/fault"
)

// constants turns the card's values into tensors of the types that the
// signature wants.
func (m *Model) fix(values map[string]any) error {
	m.constants = make(map[string]Tensor, len(values))
	for key, v := range values {
		port, ok := find(m.info.Inputs, key)
		if !ok {
			return &fault.ModelError{Model: m.name, What: "constants", Want: key, Have: keys(m.info.Inputs)}
		}
		t, err := constant(port.DType, v)
		if err != nil {
			return &fault.ModelError{Model: m.name, What: "constant " + key, Want: port.String(), Err: err}
		}
		m.constants[key] = t
	}
	return nil
}

func find(ports []Port, key string) (Port, bool) {
	for _, p := range ports {
		if p.Key == key {
			return p, true
		}
	}
	return Port{}, false
}

func keys(ports []Port) []string {
	ks := make([]string, len(ports))
	for i, p := range ports {
		ks[i] = p.Key
	}
	return ks
}

// constant makes a scalar or a vector of what JSON gives: bool, float64, string or
// a list of these.
func constant(dtype string, v any) (Tensor, error) {
	list, isList := v.([]any)
	shape := []int64{int64(len(list))}
	if !isList {
		list, shape = []any{v}, []int64{}
	}
	switch dtype {
	case "bool":
		d, err := convert(list, func(v any) (bool, bool) { b, ok := v.(bool); return b, ok })
		return Tensor{shape, d}, err
	case "string":
		d, err := convert(list, func(v any) (string, bool) { s, ok := v.(string); return s, ok })
		return Tensor{shape, d}, err
	case "float32":
		d, err := convert(list, number[float32])
		return Tensor{shape, d}, err
	case "float64":
		d, err := convert(list, number[float64])
		return Tensor{shape, d}, err
	case "int32":
		d, err := convert(list, number[int32])
		return Tensor{shape, d}, err
	case "int64":
		d, err := convert(list, number[int64])
		return Tensor{shape, d}, err
	case "uint8":
		d, err := convert(list, number[uint8])
		return Tensor{shape, d}, err
	}
	return Tensor{}, fmt.Errorf("constants of type %s are not supported", dtype)
}

func convert[T any](list []any, one func(any) (T, bool)) ([]T, error) {
	out := make([]T, len(list))
	for i, v := range list {
		var ok bool
		if out[i], ok = one(v); !ok {
			return nil, fmt.Errorf("%v (%T) does not fit", v, v)
		}
	}
	return out, nil
}

// number converts without losing more than rounding to the type.
func number[T float32 | float64 | int32 | int64 | uint8](v any) (T, bool) {
	var f float64
	switch n := v.(type) {
	case float64:
		f = n
	case int:
		f = float64(n)
	default:
		return 0, false
	}
	t := T(f)
	return t, math.Abs(float64(t)-f) <= 1e-6*math.Abs(f)
}
