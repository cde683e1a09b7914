package window

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"time"

	"inos/backend/fault"
)

// Example makes a small file of a kind to try things on: picture, sound, table, matrix, text.
func (l *Lab) Example(kind string) (LabItem, error) {
	make, is := map[string]func() *labItem{
		"picture": examplePicture, "sound": exampleSound, "table": exampleTable, "matrix": exampleMatrix, "text": exampleText,
	}[kind]
	if !is {
		return LabItem{}, fault.New(opLab, fault.NotFound, legible([]byte(kind)), "there is no such example",
			"the examples are picture, sound, table, matrix and text")
	}
	item := make()
	item.Origin = labExample
	return l.items.add(l.token, item)[0], nil
}

// examplePicture is a sun over hills.
func examplePicture() *labItem {
	const width, height = 960, 640
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p.SetRGBA(x, y, dawn(float64(x)/width, float64(y)/height))
		}
	}
	var out bytes.Buffer
	_ = png.Encode(&out, p) // into memory, of a picture that is one
	return describeBytes("hills.png", "image/png", out.Bytes())
}

func dawn(x, y float64) color.RGBA {
	mix := func(a, b, t float64) uint8 { return uint8(255 * (a + (b-a)*math.Min(1, t))) }
	for i := range 4 {
		f := float64(i)
		ridge := 0.52 + 0.11*f + 0.07*math.Sin(x*(5+3*f)+2*f) + 0.025*math.Sin(x*(17+9*f)+f)
		if next := 0.52 + 0.11*(f+1) + 0.07*math.Sin(x*(8+3*f)+2*f+2) + 0.025*math.Sin(x*(26+9*f)+f+1); y > ridge && (y < next || i == 3) {
			t := f / 3
			return color.RGBA{mix(0.56, 0.07, t), mix(0.42, 0.09, t), mix(0.58, 0.20, t), 255}
		}
	}
	if math.Hypot((x-0.68)*1.5, y-0.33) < 0.075 {
		return color.RGBA{255, 240, 208, 255}
	}
	return color.RGBA{mix(0.16, 1.0, y*1.7), mix(0.20, 0.68, y*1.7), mix(0.48, 0.50, y*1.7), 255}
}

// exampleSound is a tone that rises over three seconds, with its octave.
func exampleSound() *labItem {
	const rate, seconds = 22050, 3
	var out bytes.Buffer
	samples := rate * seconds
	head := struct {
		Riff               [4]byte
		Size               uint32
		Wave               [8]byte
		Chunk              uint32
		Form, Channels     uint16
		Rate, BytesASecond uint32
		Block, Bits        uint16
		Data               [4]byte
		Bytes              uint32
	}{[4]byte{'R', 'I', 'F', 'F'}, uint32(36 + 2*samples), [8]byte{'W', 'A', 'V', 'E', 'f', 'm', 't', ' '}, 16, 1, 1, rate, 2 * rate, 2, 16,
		[4]byte{'d', 'a', 't', 'a'}, uint32(2 * samples)}
	_ = binary.Write(&out, binary.LittleEndian, head) // into memory
	phase := 0.0
	for i := range samples {
		t := float64(i) / rate
		phase += 2 * math.Pi * 220 * math.Exp2(t*4/3) / rate
		fade := math.Min(1, math.Min(t, seconds-t)/0.05)
		v := fade * (0.55*math.Sin(phase) + 0.25*math.Sin(2*phase)*math.Exp(-t))
		_ = binary.Write(&out, binary.LittleEndian, int16(v*32000)) // the same
	}
	return describeBytes("rising-tone.wav", "audio/wav", out.Bytes())
}

// exampleTable is a year of temperatures, made up.
func exampleTable() *labItem {
	var out strings.Builder
	out.WriteString("day,month,bergen,lisbon,cairo\n")
	for day := range 365 {
		month := time.Date(2026, time.January, 1+day, 0, 0, 0, 0, time.UTC).Month()
		fmt.Fprintf(&out, "%d,%s", day+1, month)
		season := math.Sin((float64(day) - 105) / 365 * 2 * math.Pi)
		for place, mean := range []float64{7, 17, 22} {
			noise := math.Sin(float64(day*(7+place)))*1.6 + math.Sin(float64(day*day%97+place))*1.2
			fmt.Fprintf(&out, ",%.1f", mean+[]float64{8, 6, 8}[place]*season+noise)
		}
		out.WriteString("\n")
	}
	return describeBytes("temperatures.csv", "text/csv", []byte(out.String()))
}

// exampleMatrix is symmetric and can be inverted.
func exampleMatrix() *labItem {
	const size = 12
	var out strings.Builder
	for i := range size {
		row := []string{}
		for k := range size {
			row = append(row, fmt.Sprintf("%.4f", math.Exp(-math.Pow(float64(i-k)/2.5, 2))+0.25*math.Cos(float64(i+k)/2)))
		}
		out.WriteString(strings.Join(row, ",") + "\n")
	}
	return describeBytes("matrix.csv", "text/csv", []byte(out.String()))
}

func exampleText() *labItem {
	return describeBytes("voyage.txt", "text/plain", []byte("After having been twice driven back by heavy south-western gales,\n"+
		"the ship sailed from Devonport on the 27th of December.\n"))
}
