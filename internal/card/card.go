// Package card reads card.json, which says what a SavedModel needs and gives
// where its graph cannot: resize rule and resampler, channel order, value range,
// labels, whether outputs are logits.
package card

// A Card is the content of card.json. Every field but Task may be left out if a
// preset or the graph says it; what is missing in the end and cannot be
// inferred safely is an error, never a guess.
type Card struct {
	Name   string `json:"name,omitempty"`
	Task   string `json:"task"`             // recognize, detect, face-detect, face-embed, ocr-detect, ocr-recognize, scene, other
	Preset string `json:"preset,omitempty"` // a known family whose fields this card starts from

	Tags      []string `json:"tags,omitempty"`      // of the MetaGraph; found if left out
	Signature string   `json:"signature,omitempty"` // key; found if left out

	Input     Input          `json:"input"`
	Output    Output         `json:"output"`
	Constants map[string]any `json:"constants,omitempty"` // further inputs of the signature that always get this value

	Licence    string             `json:"licence,omitempty"`
	Source     string             `json:"source,omitempty"`
	SHA256     map[string]string  `json:"sha256,omitempty"` // file in the model's folder -> hex digest, checked at Open
	Accuracy   []Accuracy         `json:"accuracy,omitempty"`
	Thresholds map[string]float64 `json:"thresholds,omitempty"` // calibrated cut-offs, for the caller
}

// Input says how a picture becomes the network's input.
type Input struct {
	Name string `json:"name,omitempty"` // key in the signature; found if there is one picture-like input

	Width    int    `json:"width,omitempty"`    // pixels; 0: from the graph
	Height   int    `json:"height,omitempty"`   // pixels; 0: from the graph
	Layout   string `json:"layout,omitempty"`   // NHWC, NCHW, HWC; found from the shape
	Channels string `json:"channels,omitempty"` // RGB, BGR, GRAY
	Encoded  bool   `json:"encoded,omitempty"`  // a string input that takes the JPEG or PNG file itself

	Resize Resize `json:"resize"`

	// A channel value p in 0..255 is fed as (lo + p/255*(hi-lo) - mean) / std,
	// with lo, hi = Range. Mean and Std have one value, or one a channel in the
	// order of Channels.
	Range []float64 `json:"range,omitempty"`
	Mean  []float64 `json:"mean,omitempty"` // default 0
	Std   []float64 `json:"std,omitempty"`  // default 1
}

// Resize says how a picture is brought to the network's size.
type Resize struct {
	// Mode is
	//   crop       the shorter side to Shorter (keeping the ratio), then the centre
	//   central    the central Fraction of each side, stretched to the size
	//   squash     stretched to the size, ratio lost
	//   letterbox  the longer side fits, the rest filled with Pad
	//   none       fed at its own size, shrunk to at most MaxSide if that is set, sides
	//              rounded to a multiple of MultipleOf if that is set
	Mode      string    `json:"mode,omitempty"`
	Shorter   int       `json:"shorter,omitempty"`   // crop: pixels
	Fraction  float64   `json:"fraction,omitempty"`  // central: of each side
	Pad       []float64 `json:"pad,omitempty"`       // letterbox: 0..255, one value or R, G, B
	Anchor    string    `json:"anchor,omitempty"`    // letterbox: center (default) or top-left
	MaxSide   int       `json:"max_side,omitempty"`  // none
	MinSide   int       `json:"min_side,omitempty"`  // none
	Multiple  int       `json:"multiple,omitempty"`  // none
	Rounding  string    `json:"rounding,omitempty"`  // crop: torchvision (default), round, floor; see preprocess
	Resampler string    `json:"resampler,omitempty"` // see Resamplers
}

// Output says what the network's answer means.
type Output struct {
	Name       string `json:"name,omitempty"`        // key in the signature; found if there is one that fits
	Scores     string `json:"scores,omitempty"`      // probabilities or logits
	MultiLabel bool   `json:"multi_label,omitempty"` // classes do not exclude each other: sigmoid, not softmax
	Features   string `json:"features,omitempty"`    // key or tensor name of the features before the head; found if left out

	Labels      string   `json:"labels,omitempty"`       // file, a name a line, relative to the card
	LabelNames  []string `json:"label_names,omitempty"`  // the names themselves, instead of a file
	LabelOffset int      `json:"label_offset,omitempty"` // the output row that the first line names; 1 where row 0 is background
}

// Accuracy is a measured figure.
type Accuracy struct {
	Metric string  `json:"metric"`
	Value  float64 `json:"value"`
	Data   string  `json:"data"` // what it was measured on, and how
}
