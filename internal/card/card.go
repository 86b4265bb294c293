// Package card reads card.json, which says what a SavedModel needs and gives
// where its graph cannot: resize rule and resampler, channel order, value range,
// labels, whether outputs are logits.
//
// A card is read by Read, starts from a Preset if it names one, is joined with
// what the caller says by Merge, and is filled up from the signature of the graph
// by Complete. What would fail loudly if wrong is inferred; what would fail
// silently is asked for. The page doc/cards.md is written for those who write
// cards, and doc/card.schema.json, made from the types here, for their editors.
//
// A Card that is not being changed may be shared between goroutines.
package card

// A Card is the content of card.json. Every field but Task may be left out if a
// preset or the graph says it; what is missing in the end and cannot be
// inferred safely is an error, never a guess.
type Card struct {
	Schema  string `json:"$schema,omitempty"` // path or address of card.schema.json, for editors; not used here
	Comment string `json:"comment,omitempty"` // for people

	Name   string `json:"name,omitempty"`   // of the model, for people
	Task   string `json:"task,omitempty"`   // what the model is for
	Preset string `json:"preset,omitempty"` // a known family whose fields this card starts from

	Tags      []string `json:"tags,omitempty"`      // of the MetaGraph; found if left out
	Signature string   `json:"signature,omitempty"` // key of the signature; found if left out

	Input     Input          `json:"input,omitzero"`
	Output    Output         `json:"output,omitzero"`
	Constants map[string]any `json:"constants,omitempty"` // further inputs of the signature, by key, that always get this value: true, a number, a text, or an array of them

	Detect *Detect `json:"detect,omitempty"` // tasks detect and face-detect
	Face   *Face   `json:"face,omitempty"`   // task face-embed
	OCR    *OCR    `json:"ocr,omitempty"`    // tasks ocr-detect and ocr-recognize
	Scene  *Scene  `json:"scene,omitempty"`  // task scene

	Licence    string             `json:"licence,omitempty"`    // SPDX name of the model's licence
	Source     string             `json:"source,omitempty"`     // where the model comes from
	SHA256     map[string]string  `json:"sha256,omitempty"`     // file in the model's folder -> hex digest; see CheckFiles
	Accuracy   []Accuracy         `json:"accuracy,omitempty"`   // measured figures
	Thresholds map[string]float64 `json:"thresholds,omitempty"` // calibrated cut-offs by name, for the caller

	file      string          // where the card came from, for errors
	stated    map[string]bool // paths that a file stated, so that a stated zero is told from nothing
	defaulted map[string]bool // keys of Constants that a preset brought; dropped if the graph has no such input
}

// Input says how a picture becomes the network's input.
type Input struct {
	Name string `json:"name,omitempty"` // key in the signature; found if there is one picture-like input

	Width    int    `json:"width,omitempty"`    // pixels; from the graph if left out
	Height   int    `json:"height,omitempty"`   // pixels; from the graph if left out
	Layout   string `json:"layout,omitempty"`   // order of the dimensions; found from the shape
	Channels string `json:"channels,omitempty"` // order of the channels
	Encoded  bool   `json:"encoded,omitempty"`  // a string input that takes the JPEG or PNG file itself

	Resize Resize `json:"resize,omitzero"`

	// A channel value p in 0..255 is fed as (lo + p/255*(hi-lo) - mean) / std,
	// with lo, hi = Range. Mean and Std have one value, or one a channel in the
	// order of Channels.
	Range []float64 `json:"range,omitempty"` // what 0 and 255 become, before mean and std
	Mean  []float64 `json:"mean,omitempty"`  // in units of range; default 0
	Std   []float64 `json:"std,omitempty"`   // in units of range; default 1

	// Standardize scales each picture by its own mean and deviation over all n
	// values: (v - mean) / max(deviation, 1/sqrt(n)), v = lo + p/255*(hi-lo), as
	// tf.image.per_image_standardization and FaceNet's prewhiten do.
	Standardize bool `json:"standardize,omitempty"` // scale each picture by its own mean and deviation; excludes mean and std
}

// Resize says how a picture is brought to the network's size.
type Resize struct {
	// Mode is
	//   crop       the shorter side to Shorter (keeping the ratio), then the centre
	//   central    the central Fraction of each side, stretched to the size
	//   squash     stretched to the size, ratio lost
	//   letterbox  the longer side fits, the rest filled with Pad
	//   height     the height to Height, the width by the ratio
	//   none       fed at its own size, shrunk to at most MaxSide if that is set, sides
	//              rounded to a multiple of Multiple if that is set
	Mode      string    `json:"mode,omitempty"`       // the rule
	Shorter   int       `json:"shorter,omitempty"`    // crop: pixels; or say crop_ratio
	CropRatio float64   `json:"crop_ratio,omitempty"` // crop: size / shorter, as 0.875 = 224/256; Complete makes Shorter of it
	Fraction  float64   `json:"fraction,omitempty"`   // central: of each side, in (0, 1]
	Pad       []float64 `json:"pad,omitempty"`        // letterbox, height: the fill, 0..255, one value or R, G, B in this order
	Anchor    string    `json:"anchor,omitempty"`     // letterbox: where the picture stands
	MaxSide   int       `json:"max_side,omitempty"`   // none: the longer side is shrunk to this; height: the largest width; pixels
	MinSide   int       `json:"min_side,omitempty"`   // none: the shorter side is enlarged to this; height: the smallest width, reached by padding; pixels
	Multiple  int       `json:"multiple,omitempty"`   // none: sides are rounded to a multiple of this; height: the width is padded to one; pixels
	Rounding  string    `json:"rounding,omitempty"`   // crop, letterbox: how fractions of a pixel are rounded
	Resampler string    `json:"resampler,omitempty"`  // the library and filter that the model's reference uses
}

// Output says what the network's answer means.
type Output struct {
	Name       string `json:"name,omitempty"`        // key in the signature; found if there is one that fits
	Scores     string `json:"scores,omitempty"`      // whether the numbers are probabilities or logits
	MultiLabel bool   `json:"multi_label,omitempty"` // classes do not exclude each other: sigmoid, not softmax
	Features   string `json:"features,omitempty"`    // key or tensor name of the features before the head; found if left out

	Labels      string   `json:"labels,omitempty"`       // file of names, relative to the card, or builtin:NAME
	LabelNames  []string `json:"label_names,omitempty"`  // the names themselves, instead of a file
	LabelOffset int      `json:"label_offset,omitempty"` // the output row that the first line names; 1 where row 0 is background
}

// Accuracy is a measured figure.
type Accuracy struct {
	Metric string  `json:"metric"` // "top-1", "mAP", ...
	Value  float64 `json:"value"`  // as the metric is usually given; top-1 as a fraction
	Data   string  `json:"data"`   // what it was measured on, and how
}

// File returns the name of the file that c was read from, or "preset:NAME", or "".
func (c *Card) File() string { return c.file }
