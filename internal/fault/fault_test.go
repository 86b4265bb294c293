package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestMessagesSayWhatWasWantedAndWhatCame(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&FormatError{"jpeg", "file ends early", io.ErrUnexpectedEOF}, "vision: broken jpeg: file ends early: unexpected EOF"},
		{&UnsupportedError{Format: "heic", Reason: "save it as JPEG"}, "vision: unsupported heic: save it as JPEG"},
		{&LimitError{"pixels", 2_500_000_000, 100_000_000}, "vision: too large: 2500000000 pixels, the limit is 100000000"},
		{&ModelError{Model: "m", What: "signature", Want: "serve", Have: []string{"a", "b"}}, "vision: model m: signature: want serve; the model has a, b"},
		{&ModelError{Model: "m", What: "labels", Want: "10", Got: "11"}, "vision: model m: labels: want 10, got 11"},
		{&DeviceError{Device: "gpu:1", Reason: "not present", Have: []string{"/device:CPU:0"}}, "vision: device gpu:1: not present; present: /device:CPU:0"},
	} {
		if c.err.Error() != c.want {
			t.Errorf("got  %s\nwant %s", c.err, c.want)
		}
	}
}

func TestBatch(t *testing.T) {
	if err := Batch(make([]error, 3)); err != nil {
		t.Errorf("no failure gave %v", err)
	}
	inner := &FormatError{Format: "png"}
	err := Batch([]error{nil, inner, nil, fmt.Errorf("wrapped: %w", context.Canceled)})
	var be *BatchError
	if !errors.As(err, &be) || be.Total != 4 || len(be.Failures) != 2 {
		t.Fatalf("got %v", err)
	}
	if !errors.Is(be.At(1), inner) || be.At(0) != nil || be.At(9) != nil {
		t.Error("At does not find failures by index")
	}
	var fe *FormatError
	if !errors.As(err, &fe) || !errors.Is(err, context.Canceled) {
		t.Error("errors.As and errors.Is do not see into the batch")
	}
	many := make([]error, 9)
	for i := range many {
		many[i] = io.EOF
	}
	if got, want := Batch(many).Error(), "vision: 9 of 9 pictures failed; [0] EOF; [1] EOF; [2] EOF; and 6 more"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
