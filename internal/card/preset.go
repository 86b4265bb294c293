package card

import (
	"embed"
	"path"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

//go:embed presets/*.json
var presetFiles embed.FS

// PresetInfo says what a preset is for.
type PresetInfo struct {
	Name   string   `json:"name"`             // what a card or a caller writes
	About  string   `json:"about"`            // what it says, in a line
	Models []string `json:"models,omitempty"` // that it fits
	Source string   `json:"source"`           // where its facts come from
	Note   string   `json:"note,omitempty"`   // what it cannot know, and what it chose
}

// presetFile is a file of presets/.
type presetFile struct {
	About  string   `json:"about"`
	Models []string `json:"models,omitempty"`
	Source string   `json:"source"`
	Note   string   `json:"note,omitempty"`
	Card   Card     `json:"card"`
}

// Presets returns the known families, sorted by name.
func Presets() []PresetInfo {
	var list []PresetInfo
	for _, name := range presetNames() {
		p, _, err := loadPreset(name)
		if err != nil {
			continue // a test proves that every embedded preset loads
		}
		list = append(list, PresetInfo{name, p.About, p.Models, p.Source, p.Note})
	}
	return list
}

// Preset returns a card that holds what is common to the known family called
// name. It is not complete: sizes and keys come from the graph, labels from the
// caller's card. An unknown name is an *Error that lists the known.
func Preset(name string) (*Card, error) {
	p, stated, err := loadPreset(name)
	if err != nil {
		return nil, err
	}
	c := p.Card
	c.Preset, c.file, c.stated = name, "preset:"+name, map[string]bool{}
	for s := range stated {
		if rest, ok := strings.CutPrefix(s, "card."); ok {
			c.stated[rest] = true
		}
	}
	c.defaulted = map[string]bool{}
	for k := range c.Constants {
		c.defaulted[k] = true
	}
	return &c, nil
}

func loadPreset(name string) (*presetFile, map[string]bool, error) {
	all := presetNames()
	if !slices.Contains(all, name) {
		return nil, nil, wrong(unknownPreset("", name))
	}
	data, err := presetFiles.ReadFile(path.Join("presets", name+".json"))
	if err != nil {
		return nil, nil, fail("preset:"+name, err)
	}
	var p presetFile
	found, err := decode(data, "preset:"+name, &p)
	if err != nil {
		return nil, nil, err
	}
	bad := &problems{model: "preset:" + name}
	if found.report(bad); bad.err() != nil {
		return nil, nil, bad.err()
	}
	return &p, found.stated, nil
}

// unknownPreset is the problem of the card file that names a preset that is not there.
func unknownPreset(file, name string) *fault.ModelError {
	all := presetNames()
	return &fault.ModelError{Model: file, What: "card", Want: "preset to be one of " + strings.Join(all, ", "),
		Got: quote(name) + suggest(nearest(name, all), "")}
}

func presetNames() []string {
	files, err := presetFiles.ReadDir("presets")
	if err != nil {
		return nil
	}
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = strings.TrimSuffix(f.Name(), ".json")
	}
	slices.Sort(list)
	return list
}
