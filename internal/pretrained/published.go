package pretrained

import (
	"context"
	"crypto/md5" //nolint:gosec // it is what Keras publishes; nothing is secured by it
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A Published is a weight file whose sum stands in the sources of Keras 3.15.1 (keras/src/applications). MobileNetV2's
// files, and TF-Slim's, have no sums there.
type Published struct {
	Net  string
	Name string // of the file
	Top  bool   // with the layers that make classes
	md5  string
}

func published() []Published {
	const with, without = "_weights_tf_dim_ordering_tf_kernels.h5", "_weights_tf_dim_ordering_tf_kernels_notop.h5"
	var list []Published
	for _, p := range [][3]string{
		{"vgg16", "64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"},
		{"vgg19", "cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"},
		{"resnet50", "2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"},
		{"resnet101", "f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"},
		{"resnet152", "100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"},
		{"inception_v3", "9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"},
	} {
		list = append(list, Published{p[0], p[0] + with, true, p[1]}, Published{p[0], p[0] + without, false, p[2]})
	}
	return list
}

// Recognise tells by the sum of a file which published one it is, nil if none. warning is set where only the name is
// one of theirs.
func Recognise(ctx context.Context, name string) (found *Published, warning string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	h := md5.New() //nolint:gosec // as above
	if _, err := io.Copy(h, &stoppable{ctx, f}); err != nil {
		return nil, "", fmt.Errorf("vision: weights %s: %w", name, err)
	}
	sum := hex.EncodeToString(h.Sum(nil))
	for _, p := range published() {
		if p.md5 == sum {
			return &p, "", nil
		}
		if strings.EqualFold(p.Name, filepath.Base(name)) {
			warning = fmt.Sprintf("%s has the name of a file that Keras publishes, and another content: want MD5 %s, got %s", name, p.md5, sum)
		}
	}
	return nil, warning, nil
}

// stoppable ends when its context does.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppable) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(b)
}
