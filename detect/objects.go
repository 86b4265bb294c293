package detect

import (
	"encoding/json"
	"fmt"
	"image"
	"slices"
	"strings"
)

// An Object is one thing found in a picture.
type Object struct {
	Name  string          // of its class
	Index int             // the model's number of the class, as the network gives it
	Score float32         // probability in [0, 1]
	Box   image.Rectangle // in pixels of the upright picture that the caller passed; never empty
}

func (o Object) String() string {
	return fmt.Sprintf("%s %.3f [%d %d %d %d]", o.Name, o.Score, o.Box.Min.X, o.Box.Min.Y, o.Box.Max.X, o.Box.Max.Y)
}

// object is the JSON form: the box is left, top, right, bottom.
type object struct {
	Name  string  `json:"name"`
	Index int     `json:"index"`
	Score float32 `json:"score"`
	Box   [4]int  `json:"box"`
}

// MarshalJSON writes {"name", "index", "score", "box": [x0, y0, x1, y1]}.
func (o Object) MarshalJSON() ([]byte, error) {
	return json.Marshal(object{o.Name, o.Index, o.Score, [4]int{o.Box.Min.X, o.Box.Min.Y, o.Box.Max.X, o.Box.Max.Y}})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (o *Object) UnmarshalJSON(data []byte) error {
	var j object
	if err := json.Unmarshal(data, &j); err != nil {
		return fmt.Errorf("detect: object: %w", err)
	}
	*o = Object{j.Name, j.Index, j.Score, image.Rect(j.Box[0], j.Box[1], j.Box[2], j.Box[3])}
	return nil
}

// Objects are the things found in one picture, best first; equal scores stand in the
// model's order.
type Objects []Object

// Above returns the objects whose score is at least min. It shares memory with objs.
func (objs Objects) Above(min float32) Objects {
	for i, o := range objs {
		if !(o.Score >= min) {
			return objs[:i:i]
		}
	}
	return objs
}

// Of returns the objects of the named classes, as new memory.
func (objs Objects) Of(names ...string) Objects {
	found := Objects{}
	for _, o := range objs {
		if slices.Contains(names, o.Name) {
			found = append(found, o)
		}
	}
	return found
}

// String gives one object a line, for people.
func (objs Objects) String() string {
	lines := make([]string, len(objs))
	for i, o := range objs {
		lines[i] = o.String()
	}
	return strings.Join(lines, "\n")
}
