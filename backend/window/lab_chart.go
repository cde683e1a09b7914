package window

import (
	"cmp"
	"math"
	"slices"

	"inos/backend/fault"
)

const (
	// maxMatrix bounds the side of a matrix that is drawn.
	maxMatrix = 256
	// maxSeries bounds the lines of a chart, chartBuckets its points: the screen has no more.
	maxSeries    = 6
	chartBuckets = 1000
)

// LabMatrix are the numbers of a small table, row by row; nil: not finite.
type LabMatrix struct {
	Cells [][]*float64 `json:"cells"`
}

// Matrix is a small table of numbers as a whole.
func (l *Lab) Matrix(id string) (LabMatrix, error) {
	g, err := l.grid(id)
	if err != nil {
		return LabMatrix{}, err
	}
	if !g.LabTable.Matrix {
		return LabMatrix{}, fault.Newf(opLab, fault.Invalid, "the table", "only numbers, at most %d × %d, are drawn as a matrix", maxMatrix, maxMatrix)
	}
	out := LabMatrix{Cells: [][]*float64{}}
	err = g.each(func(_ int, record []string) bool {
		row := make([]*float64, len(g.Columns))
		for i := range row {
			row[i] = finite(cellOf(record, i))
		}
		out.Cells = append(out.Cells, row)
		return true
	})
	return out, err
}

// LabSeries are columns of numbers for a chart. Of many rows, those that a screen can show: of each bucket
// of rows the smallest and the largest value.
type LabSeries struct {
	X []float64    `json:"x"`
	Y [][]*float64 `json:"y"` // one for each column
	// Thinned says that not every row is a point.
	Thinned bool `json:"thinned"`
}

// Series reads columns of numbers; x is the column across, negative: the row's number.
func (l *Lab) Series(id string, x int, columns []int) (LabSeries, error) {
	g, err := l.grid(id)
	if err != nil {
		return LabSeries{}, err
	}
	if len(columns) > maxSeries {
		return LabSeries{}, fault.Newf(opLab, fault.Invalid, "the chart", "at most %d columns are drawn", maxSeries)
	}
	for _, c := range append([]int{max(x, -1)}, columns...) {
		if c >= len(g.Columns) || c >= 0 && !g.Columns[c].Numeric {
			return LabSeries{}, fault.New(opLab, fault.Invalid, "the chart", "that column holds no numbers", "choose another one")
		}
	}
	points, err := g.points(x, columns)
	if err != nil {
		return LabSeries{}, err
	}
	if x >= 0 {
		slices.SortStableFunc(points, func(a, b chartPoint) int { return cmp.Compare(a.x, b.x) })
	}
	return thinned(points, len(columns)), nil
}

// chartPoint is a row of a chart.
type chartPoint struct {
	x float64
	y []float64 // NaN: none
}

func (g *labGrid) points(x int, columns []int) (points []chartPoint, err error) {
	err = g.each(func(row int, record []string) bool {
		p := chartPoint{x: float64(row + 1), y: make([]float64, len(columns))}
		if x >= 0 {
			v := finite(cellOf(record, x))
			if v == nil {
				return true
			}
			p.x = *v
		}
		for i, c := range columns {
			p.y[i] = math.NaN()
			if v := finite(cellOf(record, c)); v != nil {
				p.y[i] = *v
			}
		}
		points = append(points, p)
		return true
	})
	return points, err
}

func thinned(points []chartPoint, lines int) LabSeries {
	out := LabSeries{X: []float64{}, Y: make([][]*float64, lines), Thinned: len(points) > 2*chartBuckets}
	for i := range out.Y {
		out.Y[i] = []*float64{}
	}
	add := func(x float64, y func(line int) float64) {
		out.X = append(out.X, x)
		for i := range out.Y {
			if v := y(i); math.IsNaN(v) {
				out.Y[i] = append(out.Y[i], nil)
			} else {
				out.Y[i] = append(out.Y[i], &v)
			}
		}
	}
	if !out.Thinned {
		for _, p := range points {
			add(p.x, func(i int) float64 { return p.y[i] })
		}
		return out
	}
	for b := range chartBuckets {
		from, to := b*len(points)/chartBuckets, (b+1)*len(points)/chartBuckets
		bucket := points[from:to]
		add(bucket[0].x, func(i int) float64 { return extreme(bucket, i, -1) })
		add(bucket[len(bucket)-1].x, func(i int) float64 { return extreme(bucket, i, 1) })
	}
	return out
}

// extreme is the smallest (sign -1) or largest value of a line in a bucket; NaN: it has none.
func extreme(bucket []chartPoint, line int, sign float64) float64 {
	best := math.NaN()
	for _, p := range bucket {
		if v := p.y[line]; !math.IsNaN(v) && (math.IsNaN(best) || sign*v > sign*best) {
			best = v
		}
	}
	return best
}
