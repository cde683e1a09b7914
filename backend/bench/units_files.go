package bench

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// ageRecipient is a key that nobody has to keep: what is encrypted for it is deleted.
const ageRecipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

// writeFile makes a file by a buffered writer.
func writeFile(path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	err = fill(w)
	if err == nil {
		err = w.Flush()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// writePhoto makes a JPEG with large soft areas, edges and grain, as a camera does.
func writePhoto(path string, width, height int, seed uint64) error {
	random := rand.New(rand.NewPCG(seed, 24))
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			u, v := float64(x)/float64(width), float64(y)/float64(height)
			grain := random.Float64()*12 - 6
			wave := math.Sin(19*u+7*v*v) * math.Cos(11*v-3*u)
			edge := 0.0
			if int(u*23)%2 != int(v*17)%2 {
				edge = 35
			}
			at := func(base, swing float64) uint8 { return uint8(min(max(base+swing*wave+edge+grain, 0), 255)) }
			picture.SetRGBA(x, y, color.RGBA{at(120, 80), at(100+80*v, 60), at(90+90*u, 40), 255})
		}
	}
	return writeFile(path, func(w io.Writer) error { return jpeg.Encode(w, picture, &jpeg.Options{Quality: 92}) })
}

func photos(_ context.Context, s *unitStage) error {
	return s.once("photos", func(path string) error {
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
		for i := range 24 {
			if err := writePhoto(filepath.Join(path, fmt.Sprintf("%02d.jpg", i)), 3000/s.scale, 2000/s.scale, uint64(i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeMusic makes a WAV file with two channels of 16 bits at 44,100 Hz: chords that change and fade, and
// a little noise.
func writeMusic(path string, seconds int) error {
	const rate, channels, depth = 44100, 2, 2
	frames := seconds * rate
	random := rand.New(rand.NewPCG(7, 2))
	return writeFile(path, func(w io.Writer) error {
		head := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(36+frames*channels*depth))
		head = append(head, "WAVEfmt \x10\x00\x00\x00\x01\x00\x02\x00"...)
		head = binary.LittleEndian.AppendUint32(head, rate)
		head = binary.LittleEndian.AppendUint32(head, rate*channels*depth)
		head = append(head, channels*depth, 0, 16, 0)
		head = binary.LittleEndian.AppendUint32(append(head, "data"...), uint32(frames*channels*depth))
		if _, err := w.Write(head); err != nil {
			return err
		}
		var frame [channels * depth]byte
		for i := range frames {
			t := float64(i) / rate
			root := 110 * math.Pow(2, float64(int(t)%12)/12)
			fade := math.Exp(-2 * (t - math.Floor(t)))
			for c := range channels {
				sound := math.Sin(2*math.Pi*root*t) + 0.5*math.Sin(2*math.Pi*root*1.5*t+float64(c)) + 0.02*random.NormFloat64()
				binary.LittleEndian.PutUint16(frame[c*depth:], uint16(int16(9000*fade*sound)))
			}
			if _, err := w.Write(frame[:]); err != nil {
				return err
			}
		}
		return nil
	})
}

func writeNoise(path string, length int) error {
	random := rand.NewChaCha8([32]byte{5})
	return writeFile(path, func(w io.Writer) error {
		piece := make([]byte, 1<<16)
		for left := length; left > 0; left -= len(piece) {
			piece = piece[:min(left, len(piece))]
			_, _ = random.Read(piece) // it has no end and no failure
			if _, err := w.Write(piece); err != nil {
				return err
			}
		}
		return nil
	})
}

func noiseFile(_ context.Context, s *unitStage) error {
	return s.once("noise", func(path string) error { return writeNoise(path, 512<<20/s.scale) })
}

func ageFiles(_ context.Context, s *unitStage) error {
	return s.once("half", func(path string) error { return writeNoise(path, 256<<20/s.scale) })
}

// writeMatrix makes numbers between -1 and 1 with all their digits.
func writeMatrix(path string, rows, columns int, seed uint64) error {
	random := rand.New(rand.NewPCG(seed, 2))
	return writeFile(path, func(w io.Writer) error {
		for range rows {
			for column := range columns {
				comma := ","
				if column == columns-1 {
					comma = "\n"
				}
				if _, err := fmt.Fprintf(w, "%v%s", random.Float64()*2-1, comma); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func matrices(_ context.Context, s *unitStage) error {
	n := max(1000/s.scale, 4)
	if err := s.once("a.csv", func(path string) error { return writeMatrix(path, n, n, 1) }); err != nil {
		return err
	}
	return s.once("b.csv", func(path string) error { return writeMatrix(path, n, 1, 2) })
}

// salesBytes is the size of the large table.
const salesBytes = 1 << 30

// sales are a table of orders and a small one of the regions in it.
func sales(_ context.Context, s *unitStage) error {
	const regions = 40
	if err := s.once("regions.csv", func(path string) error {
		return writeFile(path, func(w io.Writer) error {
			_, err := io.WriteString(w, "name,manager\n")
			for i := 0; i < regions && err == nil; i++ {
				_, err = fmt.Fprintf(w, "region-%02d,manager-%d\n", i, i%7)
			}
			return err
		})
	}); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(3, 2))
	return s.once("sales.csv", func(path string) error {
		return writeFile(path, func(w io.Writer) error {
			written, err := io.WriteString(w, "id,region,product,amount,quantity,day,note\n")
			for id := 0; written < salesBytes/s.scale && err == nil; id++ {
				var n int
				n, err = fmt.Fprintf(w, "%d,region-%02d,product-%03d,%d.%02d,%d,2026-%02d-%02d,order %x of a customer\n", id, random.IntN(regions),
					random.IntN(200), random.IntN(1000), random.IntN(100), random.IntN(12), 1+random.IntN(12), 1+random.IntN(28), random.Uint32())
				written += n
			}
			return err
		})
	})
}
