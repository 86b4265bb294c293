package train

import "github.com/gosight/vision/internal/nets"

// A Net is an architecture of a network. The zero value is none.
type Net struct{ net *nets.Net }

// Nets returns the names of all nets.
func Nets() []string { return nets.Names() }

// ByName returns a net. The error of an unknown one is a *vision.UnsupportedError and lists all.
func ByName(name string) (Net, error) {
	n, err := nets.ByName(name)
	return Net{n}, err
}

// String returns the name.
func (n Net) String() string {
	if n.net == nil {
		return ""
	}
	return n.net.Name
}

// About says in a line what the net is for.
func (n Net) About() string {
	if n.net == nil {
		return ""
	}
	return n.net.About
}
