package card

// Detect says how boxes are read from the outputs of a detector.
type Detect struct {
	// Head is
	//   tf-od      the signature of the TensorFlow Object Detection API
	//   separate   boxes, scores and classes ready in outputs of their own
	//   rows       one output [N, K, columns] of finished objects
	//   yolo       one output of raw candidates, to be cut and suppressed
	//   centernet  raw heat map and box sizes
	Head    string            `json:"head,omitempty"`    // form of the outputs
	Outputs map[string]string `json:"outputs,omitempty"` // role (boxes, scores, classes, count, landmarks, rows, heatmap, sizes, offsets) -> key in the signature
	Columns []string          `json:"columns,omitempty"` // rows: meaning of each column: x1, y1, x2, y2, cx, cy, w, h, score, class, image, skip
	Boxes   string            `json:"boxes,omitempty"`   // order of the four numbers of a box
	Units   string            `json:"units,omitempty"`   // normalized: 0..1 of the network's input; pixels: of the network's input

	Anchors *BoxAnchors `json:"anchors,omitempty"` // separate: what the numbers of the boxes are relative to

	Landmarks  string  `json:"landmarks,omitempty"`  // order of the numbers of the points
	Objectness bool    `json:"objectness,omitempty"` // yolo: column 4 is an objectness that multiplies the class scores
	Score      float64 `json:"score,omitempty"`      // candidates below this are dropped before suppression; probability
	NMS        string  `json:"nms,omitempty"`        // suppression that is still to be done
	IoU        float64 `json:"iou,omitempty"`        // overlap from which the weaker of two boxes is suppressed
	Max        int     `json:"max,omitempty"`        // objects a picture at most
}

// BoxAnchors say how the numbers of a raw network become boxes, as the FasterRcnnBoxCoder of
// the TensorFlow Object Detection API has it.
type BoxAnchors struct {
	Order  string      `json:"order,omitempty"`  // order of the four numbers of an anchor, of a box of the network, and of scales
	Scales []float64   `json:"scales,omitempty"` // what the network's numbers are divided by
	List   [][]float64 `json:"list,omitempty"`   // an anchor for each box of the network: its centre and size
	SSD    *SSDAnchors `json:"ssd,omitempty"`    // the rule that makes the list
}

// SSDAnchors are the settings of the ssd_anchor_generator of the TensorFlow Object
// Detection API, by its names.
type SSDAnchors struct {
	MinScale     float64   `json:"min_scale,omitempty"`                       // scale of the finest feature map
	MaxScale     float64   `json:"max_scale,omitempty"`                       // scale of the coarsest
	AspectRatios []float64 `json:"aspect_ratios,omitempty"`                   // width over height, an anchor each
	Interpolated float64   `json:"interpolated_scale_aspect_ratio,omitempty"` // of one further anchor between two scales; 0: none
	Reduce       bool      `json:"reduce_boxes_in_lowest_layer,omitempty"`    // three fixed anchors in the finest map
	Grids        [][]int   `json:"grids,omitempty"`                           // rows and columns of each feature map, finest first
}

// Face says how a face embedder wants its faces and how embeddings are compared.
type Face struct {
	Align    string  `json:"align,omitempty"`    // how a face is cut from the picture
	Margin   float64 `json:"margin,omitempty"`   // box: pixels of the network's input that are added around the face, both sides together
	Flip     bool    `json:"flip,omitempty"`     // the embedding is the sum of those of the face and its mirror image
	Distance string  `json:"distance,omitempty"` // how embeddings are compared
}

// OCR says what text detectors and text recognisers need.
type OCR struct {
	// ocr-recognize
	Blank    string `json:"blank,omitempty"`    // row of the CTC blank
	Space    bool   `json:"space,omitempty"`    // a space follows the last name of the alphabet
	Alphabet string `json:"alphabet,omitempty"` // the characters themselves, instead of output.labels
	Reverse  bool   `json:"reverse,omitempty"`  // the text comes out right to left

	Beam         int  `json:"beam,omitempty"`           // how many texts a search keeps at each time step; 0 or 1: the best character of each step is taken
	CaseByHeight bool `json:"case_by_height,omitempty"` // Latin letters get the case that their height says: for recognisers that confuse it

	Score float64 `json:"score,omitempty"` // lines of a page that are read with less are left out; probability

	// ocr-detect
	Threshold    float64 `json:"threshold,omitempty"`     // a pixel is text from this probability
	BoxThreshold float64 `json:"box_threshold,omitempty"` // a box is kept from this mean probability
	Unclip       float64 `json:"unclip,omitempty"`        // the box is grown by area * unclip / perimeter
	MinSize      int     `json:"min_size,omitempty"`      // boxes with a shorter side are dropped; pixels of the probability map
	Max          int     `json:"max,omitempty"`           // boxes a picture at most
}

// Scene says how places are summed up as indoor or outdoor.
type Scene struct {
	Table   string   `json:"table,omitempty"`   // file of "name 1" (indoor) and "name 2" (outdoor) lines, relative to the card; or builtin:places365
	Indoor  []string `json:"indoor,omitempty"`  // names of indoor classes, instead of a table; without outdoor, all others are outdoor
	Outdoor []string `json:"outdoor,omitempty"` // names of outdoor classes; without indoor, all others are indoor; with it, a class in neither has no say
	Vote    int      `json:"vote,omitempty"`    // how many best classes vote, each with one voice; default 10 with a table; with lists, all count by their scores
}
