package hdf5

// A once reads the parts of one structure: the blocks of a header, the nodes of a tree, the chunks of an array. Parts of a sound
// file do not overlap, so none has the address of another and all together are no larger than the file: that bounds the
// work on a file whose parts point to each other.
type once struct {
	f    *File
	seen map[uint64]bool
	left uint64
}

func (f *File) once() *once {
	return &once{f: f, seen: map[uint64]bool{}, left: f.size}
}

// add takes account of a part before it is read.
func (o *once) add(what string, at, n uint64) error {
	if o.seen[at] {
		return broken("%s at %d that is pointed to twice", what, at)
	}
	if n > o.left {
		return broken("%s at %d of %d bytes overlaps others: all together are larger than the file of %d", what, at, n, o.f.size)
	}
	o.seen[at] = true
	o.left -= n
	return nil
}

// block begins a cursor on a part.
func (o *once) block(what string, at, n uint64) *cursor {
	if err := o.add(what, at, n); err != nil {
		return &cursor{f: o.f, err: err}
	}
	return o.f.block(at, n)
}

// Kept is what a reader keeps of a file: objects, each once.
type Kept struct{ once *once }

// Kept begins with none.
func (f *File) Kept() *Kept { return &Kept{f.once()} }

// Add takes an object. One whose header is that of another, under whatever name, or overlaps others is a
// *fault.FormatError; so the memory that objects take is bounded by the file.
func (k *Kept) Add(o *Object) error { return inside(o.path, k.once.add("an object", o.at, o.size)) }
