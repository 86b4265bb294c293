package train

import (
	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/session"
)

// A program is a graph that trains, with its variables.
type program interface {
	Run(feeds map[string]session.Tensor, fetches, targets []string) ([]session.Tensor, error)
	Close() error
}

// elsewhere is a program on a server. A file that its graph wrote would be on the server's disk, so its values are fetched
// and written, read and sent, by a graph in this process.
type elsewhere struct {
	program
	files *session.Program
	kept  []nets.Kept
}

func newElsewhere(p program, kept []nets.Kept) (*elsewhere, error) {
	g, err := nets.Files(kept)
	if err != nil {
		return nil, err
	}
	files, err := session.NewProgram(g, session.ProgramConfig{})
	if err != nil {
		return nil, err
	}
	return &elsewhere{program: p, files: files, kept: kept}, nil
}

func (e *elsewhere) Run(feeds map[string]session.Tensor, fetches, targets []string) ([]session.Tensor, error) {
	if len(targets) == 1 {
		switch targets[0] {
		case nets.Save, nets.Export:
			return nil, e.write(targets[0], feeds[nets.Path])
		case nets.Restore:
			return nil, e.read(feeds[nets.Path])
		}
	}
	return e.program.Run(feeds, fetches, targets)
}

// atOnce bounds what one message carries, in bytes: gRPC's hold no more than 2 GB.
const atOnce = 256 << 20

// groups are the numbers of the variables, in order, in groups of at most atOnce bytes or one variable.
func groups(list []nets.Kept) (of [][]int) {
	size := int64(0)
	for i, k := range list {
		n := 4 * k.Elements()
		if len(of) == 0 || size+n > atOnce {
			of, size = append(of, nil), 0
		}
		of[len(of)-1] = append(of[len(of)-1], i)
		size += n
	}
	return of
}

func (e *elsewhere) write(target string, path session.Tensor) error {
	feeds := map[string]session.Tensor{nets.Path: path}
	for _, group := range groups(e.kept) {
		var names []string
		var numbers []int
		for _, i := range group {
			switch k := e.kept[i]; {
			case target == nets.Export && !k.OfNet:
				continue
			case target == nets.Export && k.Average != "":
				names = append(names, k.Average)
			default:
				names = append(names, k.Read)
			}
			numbers = append(numbers, i)
		}
		if names == nil {
			continue
		}
		got, err := e.program.Run(nil, names, nil)
		if err != nil {
			return err
		}
		for j, i := range numbers {
			feeds[nets.Value(i)] = got[j]
		}
	}
	_, err := e.files.Run(feeds, nil, []string{target})
	return err
}

func (e *elsewhere) read(path session.Tensor) error {
	from := map[string]session.Tensor{nets.Path: path}
	for _, group := range groups(e.kept) {
		var names, assign []string
		for _, i := range group {
			names, assign = append(names, nets.ValueRead(i)), append(assign, e.kept[i].Assign)
		}
		got, err := e.files.Run(from, names, nil)
		if err != nil {
			return err
		}
		feeds := map[string]session.Tensor{}
		for j, i := range group {
			feeds[e.kept[i].Initial] = got[j]
		}
		if _, err := e.program.Run(feeds, nil, assign); err != nil {
			return err
		}
	}
	return nil
}

func (e *elsewhere) Close() error {
	err := e.files.Close()
	if other := e.program.Close(); other != nil {
		err = other
	}
	return err
}
