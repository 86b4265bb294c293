package card

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// The embedded table has a side for each name of the embedded list: 160 indoors, 205
// outdoors, as facts about Places365 have it.
func TestPlacesTableFitsThePlaces(t *testing.T) {
	c, err := Preset("places365-torch")
	if err != nil {
		t.Fatal(err)
	}
	names, err := c.Labels(os.DirFS("."), ".", 365)
	if err != nil {
		t.Fatal(err)
	}
	sides, err := c.Sides(os.DirFS("."), ".", names)
	if err != nil {
		t.Fatal(err)
	}
	count := map[Side]int{}
	for _, s := range sides {
		count[s]++
	}
	if count[Indoor] != 160 || count[Outdoor] != 205 || len(sides) != 365 {
		t.Errorf("%v, want 160 indoors and 205 outdoors", count)
	}
	for name, want := range map[string]Side{"airfield": Outdoor, "kitchen": Indoor, "apartment_building/outdoor": Outdoor, "zen_garden": Outdoor} {
		if got := sides[slices.Index(names, name)]; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestSidesOfTheOtherPreset(t *testing.T) {
	c, err := Preset("places365-keras")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Sides(os.DirFS("."), ".", []string{"kitchen", "beach"}); err != nil {
		t.Error(err)
	}
}

func TestListsTakeTheTablesPlace(t *testing.T) {
	c, err := ReadOver(nil, fstest.MapFS{"c.json": &fstest.MapFile{Data: []byte(
		`{"preset": "places365-torch", "output": {"label_names": ["in", "out", "between"]}, "scene": {"indoor": ["in"], "outdoor": ["out"]}}`)}}, "c.json")
	if err != nil {
		t.Fatal(err)
	}
	if c.Scene.Table != "" || c.Scene.Vote != 0 {
		t.Errorf("%+v: the preset's table or vote is still there", c.Scene)
	}
	got, err := c.Sides(nil, "", []string{"in", "out", "between"})
	if err != nil || !slices.Equal(got, []Side{Indoor, Outdoor, Neither}) {
		t.Errorf("%v, %v", got, err)
	}
}

// FuzzSides: whatever a table holds, it is refused or every name has a side.
func FuzzSides(f *testing.F) {
	table, err := tableFiles.ReadFile(placesTable)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{string(table), "a 1\nb 2", "/a/living room 1\r\n", "\ufeffa\t2", "a 3", "1", " 1", "", "\n\n", "a 1\na 2", "/a/ 1", "\xff 1", "0\r 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		of, err := parseSides([]byte(s), "x.txt")
		if (err == nil) == (len(of) == 0) {
			t.Fatalf("%d names, %v", len(of), err)
		}
		for name, side := range of {
			if name == "" || strings.Trim(name, " \t\r\n\f") != name || side != Indoor && side != Outdoor {
				t.Fatalf("%q lies at %v", name, side)
			}
		}
	})
}
