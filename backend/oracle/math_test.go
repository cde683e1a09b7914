package oracle

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"inos/backend/job"
)

// numpyHead reads the inputs, each into one of the letters, and prints `out`.
const numpyHead = `
import sys, numpy as np
def load(path): return np.loadtxt(path, delimiter=",", ndmin=2)
inputs = [load(p) for p in sys.argv[1:]]
a = inputs[0] if len(inputs) > 0 else None
b = inputs[1] if len(inputs) > 1 else None
c = inputs[2] if len(inputs) > 2 else None
d = inputs[3] if len(inputs) > 3 else None
`

const numpyTail = `
out = np.atleast_2d(np.asarray(out, dtype=float))
for row in out: print(",".join(repr(float(v)) for v in row))
`

// numpy is what a script makes of tables: what it assigns to `out`.
func (s *stand) scipy(script string, tables ...[]byte) [][]float64 {
	s.Helper()
	args, dir := []string{"-c", numpyHead + script + numpyTail}, s.TempDir()
	for i, t := range tables {
		path := filepath.Join(dir, fmt.Sprint(i, ".csv"))
		if err := os.WriteFile(path, t, 0o600); err != nil {
			s.Fatal(err)
		}
		args = append(args, path)
	}
	return s.numbers(s.tool(nil, debianPython, args...))
}

func (s *stand) numbers(text []byte) [][]float64 {
	s.Helper()
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		s.Fatal(err)
	}
	rows := make([][]float64, len(records))
	for i, record := range records {
		for _, field := range record {
			rows[i] = append(rows[i], s.number(field))
		}
	}
	return rows
}

// number is a field's; an empty one is what is missing.
func (s *stand) number(field string) float64 {
	s.Helper()
	if field == "" {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(field, 64)
	if err != nil {
		s.Fatal(err)
	}
	return v
}

// near compares two tables, number by number, relative to the largest wanted one that is at least 1.
func (s *stand) near(what string, got, want [][]float64, tolerance float64) {
	s.Helper()
	largest := 1.0
	for _, row := range want {
		for _, v := range row {
			if !math.IsInf(v, 0) && !math.IsNaN(v) {
				largest = max(largest, math.Abs(v))
			}
		}
	}
	if len(got) != len(want) || len(want) == 0 {
		s.Fatalf("%s: %d rows, want %d", what, len(got), len(want))
	}
	for i := range want {
		if len(got[i]) != len(want[i]) {
			s.Fatalf("%s: row %d has %d columns, want %d", what, i, len(got[i]), len(want[i]))
		}
		for j, w := range want[i] {
			g := got[i][j]
			same := g == w || math.IsNaN(g) && math.IsNaN(w) || math.Abs(g-w) <= tolerance*largest
			if !same {
				s.Fatalf("%s: row %d, column %d is %v, want %v", what, i, j, g, w)
			}
		}
	}
}

// fine is the tolerance where only rounding differs.
const fine = 1e-11

// same runs an op and compares its outputs with those of a script each.
func (s *stand) same(op string, p params, tables [][]byte, scripts ...string) *job.Result {
	s.Helper()
	r := s.run("math."+op, p, tables...)
	for i, script := range scripts {
		s.near(op+": "+script, s.numbers(r.Outputs[i].Bytes), s.scipy(script, tables...), fine)
	}
	return r
}

// mathTable has numbers of a normal distribution that are always the same.
func mathTable(seed uint64, rows, columns int) []byte {
	random := rand.New(rand.NewPCG(seed, 5))
	var text strings.Builder
	for range rows {
		for j := range columns {
			if j > 0 {
				text.WriteByte(',')
			}
			fmt.Fprint(&text, random.NormFloat64())
		}
		text.WriteByte('\n')
	}
	return []byte(text.String())
}

func tables(t ...[]byte) [][]byte { return t }

func table(text string) []byte { return []byte(text) }

// gram is a symmetric positive definite matrix.
func (s *stand) gram(n int) []byte {
	var text bytes.Buffer
	for _, row := range s.scipy("out = a.T @ a / len(a)", mathTable(9, 3*n, n)) {
		text.WriteString(strings.ReplaceAll(strings.Trim(fmt.Sprint(row), "[]"), " ", ",") + "\n")
	}
	return text.Bytes()
}

var _ = prove("math", map[string]func(*stand){
	"multiply": func(s *stand) {
		s.same("multiply", nil, tables(mathTable(1, 7, 5), mathTable(2, 5, 9)), "out = a @ b")
		s.same("multiply", nil, tables(mathTable(1, 130, 67), mathTable(2, 67, 33)), "out = a @ b")
		s.refused("a has 2 columns, b has 3 rows", "math.multiply", nil, mathTable(1, 2, 2), mathTable(2, 3, 3))
	},
	"transpose": func(s *stand) {
		s.same("transpose", nil, tables(mathTable(1, 3, 8)), "out = a.T")
		s.refused("row 2 of a has 1 columns, the first has 2", "math.transpose", nil, table("1,2\n3\n"))
		s.refused(`row 2, column 1 of a is "x", not a number`, "math.transpose", nil, table("1\nx\n"))
		s.refused("row 1, column 2 of a is missing", "math.transpose", nil, table("1,\n3,4\n"))
	},
	"invert": func(s *stand) {
		s.same("invert", nil, tables(mathTable(3, 40, 40)), "out = np.linalg.inv(a)")
		s.refused("singular", "math.invert", nil, table("1,2\n2,4\n"))
		s.refused("a is 2 by 3, not square", "math.invert", nil, table("1,2,3\n2,4,5\n"))
	},
	"determinant": func(s *stand) {
		for n := 1; n < 14; n++ {
			a := mathTable(uint64(n), n, n)
			r := s.run("math.determinant", nil, a)
			got := [][]float64{{s.figure(r, "determinant"), s.figure(r, "sign"), s.figure(r, "log_abs")}}
			s.near("determinant", got, s.scipy("out = [np.linalg.det(a), *np.linalg.slogdet(a)]", a), fine)
		}
		if r := s.run("math.determinant", nil, table("1,2\n2,4\n")); s.figure(r, "determinant") != 0 {
			s.Error("the determinant of a singular matrix is not 0")
		}
	},
	"solve": func(s *stand) {
		r := s.same("solve", nil, tables(mathTable(3, 60, 60), mathTable(4, 60, 2)), "out = np.linalg.solve(a, b)")
		if e := s.figure(r, "residual"); e > 1e-11 {
			s.Error("residual", e)
		}
		s.refused("singular", "math.solve", nil, table("1,2\n2,4\n"), table("1\n2\n"))
	},
	"least_squares": func(s *stand) {
		in := tables(mathTable(3, 90, 6), mathTable(4, 90, 2))
		r := s.same("least_squares", nil, in, "out = np.linalg.lstsq(a, b, rcond=None)[0]")
		want := s.scipy("x = np.linalg.lstsq(a, b, rcond=None)[0]; out = np.linalg.norm(a @ x - b)", in...)
		s.near("residual", [][]float64{{s.figure(r, "residual")}}, want, fine)
		s.refused("column 2 depends", "math.least_squares", nil, table("1,2\n2,4\n3,6\n"), table("1\n2\n3\n"))
	},
	"lu": func(s *stand) {
		s.same("lu", nil, tables(mathTable(5, 20, 20)), luScript+"out = l", luScript+"out = u", luScript+"out = p.argmax(0)[:, None] + 1")
		s.same("lu", nil, tables(mathTable(5, 9, 4)), luScript+"out = l", luScript+"out = u")
	},
	"qr": func(s *stand) {
		// The signs of the columns are free.
		for _, a := range tables(mathTable(6, 12, 5), mathTable(6, 5, 12), mathTable(6, 50, 50)) {
			r := s.run("math.qr", nil, a)
			s.near("q", s.scipy("out = abs(a)", r.Outputs[0].Bytes), s.scipy("out = abs(np.linalg.qr(a)[0])", a), fine)
			s.near("r", s.scipy("out = abs(a)", r.Outputs[1].Bytes), s.scipy("out = abs(np.linalg.qr(a)[1])", a), fine)
			s.near("q r", s.scipy("out = a @ b", r.Outputs[0].Bytes, r.Outputs[1].Bytes), s.numbers(a), fine)
		}
	},
	"cholesky": func(s *stand) {
		s.same("cholesky", nil, tables(s.gram(30)), "out = np.linalg.cholesky(a)")
		s.refused("not positive definite: pivot 2", "math.cholesky", nil, table("1,2\n2,1\n"))
		s.refused("row 2, column 1 differs", "math.cholesky", nil, table("1,2\n3,1\n"))
	},
	"svd": func(s *stand) {
		for _, a := range tables(mathTable(7, 12, 5), mathTable(7, 5, 12), mathTable(7, 80, 80)) {
			r := s.same("svd", nil, tables(a))
			s.near("s", s.numbers(r.Outputs[1].Bytes), s.scipy("out = np.linalg.svd(a)[1][:, None]", a), fine)
			three := tables(r.Outputs[0].Bytes, r.Outputs[1].Bytes, r.Outputs[2].Bytes)
			s.near("u s v", s.scipy("out = a * b.T @ c.T", three...), s.numbers(a), fine)
			s.near("u", s.scipy("out = abs(a)", three[0]), s.scipy("out = abs(np.linalg.svd(a, full_matrices=False)[0])", a), fine)
		}
	},
	"eigen": func(s *stand) {
		a := mathTable(8, 25, 25)
		r := s.run("math.eigen", nil, a)
		sorted := "v = np.sort_complex(%s); out = np.c_[v.real, v.imag]"
		got := s.scipy(fmt.Sprintf(sorted, "a[:, 0] + 1j * a[:, 1]"), r.Outputs[0].Bytes)
		s.near("values", got, s.scipy(fmt.Sprintf(sorted, "np.linalg.eigvals(a)"), a), 1e-10)
		zero := s.scipy("w = b[:, 0] + 1j * b[:, 1]; v = c[:, ::2] + 1j * c[:, 1::2]; out = [abs(a @ v - v * w).max() / abs(v).max(axis=0).min()]", a, r.Outputs[0].Bytes, r.Outputs[1].Bytes)
		s.near("a v - v w", zero, [][]float64{{0}}, 1e-10)
	},
	"eigen_symmetric": func(s *stand) {
		a := s.gram(30)
		r := s.same("eigen_symmetric", nil, tables(a), "out = np.linalg.eigh(a)[0][:, None]")
		s.near("vectors", s.scipy("out = abs(a)", r.Outputs[1].Bytes), s.scipy("out = abs(np.linalg.eigh(a)[1])", a), 1e-10)
		s.near("v w v'", s.scipy("out = b * a.T @ b.T", r.Outputs[0].Bytes, r.Outputs[1].Bytes), s.numbers(a), fine)
	},
	"condition": func(s *stand) {
		for _, a := range tables(mathTable(3, 12, 12), mathTable(3, 9, 4), table("1,2,3\n4,5,6\n7,8,10\n")) {
			r := s.run("math.condition", nil, a)
			got := [][]float64{{s.figure(r, "condition"), s.figure(r, "rank"), s.figure(r, "largest"), s.figure(r, "smallest")}}
			s.near("condition", got, s.scipy("t = np.linalg.svd(a)[1]; out = [np.linalg.cond(a), np.linalg.matrix_rank(a), t[0], t[-1]]", a), fine)
		}
		if r := s.run("math.condition", nil, table("1,2,3\n4,5,6\n7,8,9\n")); s.figure(r, "rank") != 2 {
			s.Error("the rank of a matrix of rank 2 is", s.figure(r, "rank"))
		}
	},
	"pca": func(s *stand) {
		for scale, script := range map[bool]string{false: pcaScript, true: "a = a / a.std(axis=0, ddof=1)\n" + pcaScript} {
			s.same("pca", params{"scale": scale}, tables(mathTable(11, 40, 4)),
				script+"out = v.T", script+"out = np.c_[w, w / w.sum()]", script+"out = (a - a.mean(axis=0)) @ v")
		}
		s.refused("column 2 of table is constant", "math.pca", params{"scale": true}, table("1,2\n2,2\n3,2\n"))
	},
	"describe": proveDescribe, "histogram": proveHistogram, "correlation": proveCorrelation,
	"covariance": func(s *stand) {
		out := s.output("math.covariance", nil, mathTable(12, 50, 4))
		s.near("covariance", s.unnamed(out), s.scipy("out = np.cov(a.T)", mathTable(12, 50, 4)), fine)
	},
	"regression": proveRegression,
	"fft": func(s *stand) {
		for _, n := range []int{1, 2, 17, 96, 1009} {
			s.same("fft", nil, tables(mathTable(13, n, 1)), "f = np.fft.fft(a[:, 0]); out = np.c_[f.real, f.imag]")
			s.same("fft", params{"inverse": true}, tables(mathTable(13, n, 2)), "f = np.fft.ifft(a[:, 0] + 1j * a[:, 1]); out = np.c_[f.real, f.imag]")
			s.same("fft", params{"norm": "unitary"}, tables(mathTable(13, n, 2)), "f = np.fft.fft(a[:, 0] + 1j * a[:, 1], norm='ortho'); out = np.c_[f.real, f.imag]")
		}
		s.refused("signal has 3 columns", "math.fft", nil, table("1,2,3\n"))
	},
	"fft_2d": func(s *stand) {
		s.same("fft_2d", nil, tables(mathTable(14, 12, 7)), "out = np.fft.fft2(a).real", "out = np.fft.fft2(a).imag")
		both := tables(mathTable(14, 8, 15), mathTable(15, 8, 15))
		s.same("fft_2d", params{"inverse": true}, both, "out = np.fft.ifft2(a + 1j * b).real", "out = np.fft.ifft2(a + 1j * b).imag")
		s.refused("real is 1 by 2, imaginary 2 by 1", "math.fft_2d", nil, table("1,2\n"), table("1\n2\n"))
	},
	"evaluate": proveEvaluate, "integrate": proveIntegrate, "root": proveRoot, "interpolate": proveInterpolate,
	"translation": func(s *stand) {
		s.same("translation", params{"x": 1.5, "y": -2, "z": 3}, nil, "out = np.eye(4); out[:3, 3] = [1.5, -2, 3]")
	},
	"scaling": func(s *stand) {
		s.same("scaling", params{"x": 1.5, "y": -2, "z": 3}, nil, "out = np.diag([1.5, -2, 3, 1])")
	},
	"rotation": func(s *stand) {
		s.same("rotation", params{"x": 1, "y": 2, "z": -2, "angle": 40}, nil,
			turns+"out = np.eye(4); out[:3, :3] = R.from_rotvec(np.radians(40) * np.array([1, 2, -2]) / 3).as_matrix()")
		s.refused("axis has no direction", "math.rotation", params{"z": 0})
	},
	"look_at": proveLookAt, "perspective": provePerspective, "orthographic": proveOrthographic,
	"compose": func(s *stand) {
		s.same("compose", nil, tables(mathTable(16, 30, 10)), turns+composeScript+"out = m.reshape(-1, 16)")
		s.refused("row 2 of parts has no quaternion but 0", "math.compose", nil, table("1,1,1,1,1,1,1,1,1,1\n1,1,1,0,0,0,0,1,1,1\n"))
	},
	"decompose": func(s *stand) {
		parts := mathTable(16, 30, 10)
		m := s.output("math.compose", nil, parts)
		again := s.output("math.compose", nil, s.output("math.decompose", nil, m))
		s.near("compose of decompose", s.numbers(again), s.scipy(turns+composeScript+"out = m.reshape(-1, 16)", parts), fine)
		s.near("decompose", s.numbers(s.output("math.decompose", nil, table("0,-2,0,5\n3,0,0,6\n0,0,4,7\n0,0,0,1\n"))),
			s.scipy(turns+"out = [5, 6, 7, *R.from_euler('z', 90, degrees=True).as_quat(), 3, 2, 4]"), fine)
		s.refused("matrix 1 is singular", "math.decompose", nil, table("0,0,0,0\n0,1,0,0\n0,0,1,0\n0,0,0,1\n"))
	},
	"transform_points": func(s *stand) {
		s.same("transform_points", nil, tables(mathTable(17, 5000, 3), mathTable(18, 4, 4)), "p = np.c_[a, np.ones(len(a))] @ b.T; out = p[:, :3] / p[:, 3:]")
		s.refused("point 1 of points goes to infinity", "math.transform_points", nil, table("1,2,3\n"), table("1,0,0,0\n0,1,0,0\n0,0,1,0\n0,0,0,0\n"))
	},
	"transform_normals": func(s *stand) {
		s.same("transform_normals", nil, tables(mathTable(17, 50, 3), mathTable(18, 4, 4)), "p = a @ np.linalg.inv(b[:3, :3]); out = p / np.linalg.norm(p, axis=1)[:, None]")
	},
	"vector_add":      vectors("vector_add", nil, 5, 5, "out = a + b"),
	"vector_subtract": vectors("vector_subtract", nil, 5, 5, "out = a - b"),
	"vector_dot":      vectors("vector_dot", nil, 5, 5, "out = (a * b).sum(axis=1)[:, None]"),
	"vector_cross":    vectors("vector_cross", nil, 3, 3, "out = np.cross(a, b)"),
	"vector_lerp":     vectors("vector_lerp", params{"t": 0.3}, 4, 4, "out = a + (b - a) * 0.3"),
	"vector_angle":    vectors("vector_angle", nil, 3, 3, unitScript+"out = np.degrees(np.arccos((a * b).sum(axis=1)))[:, None]"),
	"vector_slerp":    vectors("vector_slerp", params{"t": 0.3}, 3, 3, unitScript+"from scipy.spatial import geometric_slerp\nb = np.broadcast_to(b, a.shape)\nout = [geometric_slerp(p, q, 0.3) for p, q in zip(a, b)]"),
	"vector_length": func(s *stand) {
		s.same("vector_length", nil, tables(mathTable(19, 9, 6)), "out = np.linalg.norm(a, axis=1)[:, None]")
	},
	"vector_normalize": func(s *stand) {
		s.same("vector_normalize", nil, tables(mathTable(19, 9, 6)), "out = a / np.linalg.norm(a, axis=1)[:, None]")
		s.near("huge", s.numbers(s.output("math.vector_normalize", nil, table("3e300,4e300\n"))), [][]float64{{0.6, 0.8}}, fine)
		s.refused("row 2 of a has no direction", "math.vector_normalize", nil, table("1,2\n0,0\n"))
	},
	"quaternion_multiply": vectors("quaternion_multiply", nil, 4, 4, turns+"n = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1); q = (R.from_quat(a) * R.from_quat(b)).as_quat(); w = (a[:, 3] * b[:, 3] - (a[:, :3] * b[:, :3]).sum(axis=1)); out = q * (n * np.sign(w * q[:, 3]))[:, None]"),
	"quaternion_slerp":    vectors("quaternion_slerp", params{"t": 0.3}, 4, 4, turns+"from scipy.spatial.transform import Slerp\nb = np.broadcast_to(b, a.shape)\nq = np.array([Slerp([0, 1], R.from_quat([p, r]))(0.3).as_quat() for p, r in zip(a, b)])\nout = q * np.sign((q * a).sum(axis=1))[:, None]"),
	"quaternion_rotate":   vectors("quaternion_rotate", nil, 3, 4, turns+"out = R.from_quat(b).apply(a)"),
	"quaternion_conjugate": func(s *stand) {
		s.same("quaternion_conjugate", nil, tables(mathTable(20, 9, 4)), "out = a * [-1, -1, -1, 1]")
	},
	"quaternion_invert": func(s *stand) {
		q := mathTable(20, 9, 4)
		s.same("quaternion_invert", nil, tables(q), turns+"q = R.from_quat(a).inv().as_quat(); out = q * (np.sign(q[:, 3] * a[:, 3]) / np.linalg.norm(a, axis=1))[:, None]")
	},
	"quaternion_from_axis_angle": func(s *stand) {
		s.same("quaternion_from_axis_angle", nil, tables(mathTable(21, 9, 4)), turns+"v = a[:, :3] / np.linalg.norm(a[:, :3], axis=1)[:, None]; out = R.from_rotvec(v * np.radians(a[:, 3:])).as_quat()")
	},
	"quaternion_to_axis_angle": func(s *stand) {
		s.same("quaternion_to_axis_angle", nil, tables(mathTable(21, 9, 4)), turns+"v = R.from_quat(a).as_rotvec(); n = np.linalg.norm(v, axis=1)[:, None]; out = np.c_[v / n, np.degrees(n)]")
	},
	"quaternion_from_euler": func(s *stand) {
		for _, order := range eulerOrders {
			s.same("quaternion_from_euler", params{"order": order}, tables(table("10,20,30\n-70,45,120\n0,0,0\n")),
				turns+"q = R.from_euler('"+strings.ToUpper(order)+"', a, degrees=True).as_quat(); out = q")
		}
	},
	"quaternion_to_euler": func(s *stand) {
		for _, order := range eulerOrders {
			s.same("quaternion_to_euler", params{"order": order}, tables(mathTable(22, 9, 4)),
				turns+"out = R.from_quat(a).as_euler('"+strings.ToUpper(order)+"', degrees=True)")
		}
	},
})

const (
	luScript  = "import scipy.linalg; p, l, u = scipy.linalg.lu(a)\n"
	pcaScript = `
w, v = np.linalg.eigh(np.cov(a.T))
w, v = w[::-1], v[:, ::-1]
v = v * np.sign(v[abs(v).argmax(axis=0), range(v.shape[1])])
`
	turns         = "from scipy.spatial.transform import Rotation as R\n"
	unitScript    = "a = a / np.linalg.norm(a, axis=1)[:, None]; b = b / np.linalg.norm(b, axis=1)[:, None]\n"
	composeScript = `
m = np.zeros((len(a), 4, 4)); m[:, 3, 3] = 1; m[:, :3, 3] = a[:, :3]
m[:, :3, :3] = R.from_quat(a[:, 3:7]).as_matrix() * a[:, None, 7:]
`
)

var eulerOrders = []string{"xyz", "xzy", "yxz", "yzx", "zxy", "zyx"}

// vectors proves an op on pairs of rows, and on one row of b for all.
func vectors(op string, p params, columns, of int, script string) func(*stand) {
	return func(s *stand) {
		s.same(op, p, tables(mathTable(31, 20, columns), mathTable(32, 20, of)), script)
		s.same(op, p, tables(mathTable(31, 20, columns), mathTable(33, 1, of)), script)
		s.refused("as many or 1 fit", "math."+op, p, mathTable(31, 3, columns), mathTable(32, 2, of))
	}
}

// unnamed is a table without its header and its first column.
func (s *stand) unnamed(text []byte) [][]float64 {
	s.Helper()
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(records) == 0 {
		s.Fatal("no table: ", err)
	}
	var rows [][]float64
	for _, record := range records[1:] {
		var row []float64
		for _, field := range record[1:] {
			row = append(row, s.number(field))
		}
		rows = append(rows, row)
	}
	return rows
}

func proveDescribe(s *stand) {
	script := `
from scipy import stats
q = lambda p: np.nanquantile(a, p, axis=0)
out = np.c_[(~np.isnan(a)).sum(axis=0), np.isnan(a).sum(axis=0), np.nanmean(a, axis=0), np.nanstd(a, axis=0, ddof=1),
  q(0), q(.25), q(.5), q(.75), q(1), np.nansum(a, axis=0), np.ma.getdata(stats.skew(a, nan_policy="omit")), np.ma.getdata(stats.kurtosis(a, nan_policy="omit"))]
`
	a := append(mathTable(23, 31, 3), "nan,1.5,2\n"...)
	out := s.output("math.describe", nil, append(table("one,two,three\n"), a...))
	s.near("describe", s.unnamed(out), s.scipy(script, a), fine)
	if !strings.HasPrefix(strings.SplitN(string(out), "\n", 3)[1], "one,31,1,") {
		s.Errorf("the first column is %s", out)
	}
}

func proveHistogram(s *stand) {
	a := mathTable(24, 500, 2)
	got := s.output("math.histogram", params{"column": 2, "bins": 13}, a)
	want := s.scipy("h, e = np.histogram(a[:, 1], 13); out = np.c_[e[:-1], e[1:], h]", a)
	s.near("histogram", s.numbers(got[bytes.IndexByte(got, '\n')+1:]), want, fine)
	r := s.run("math.histogram", params{"bins": 7, "low": -1, "high": 1}, a)
	got = r.Outputs[0].Bytes
	want = s.scipy("h, e = np.histogram(a[:, 0], 7, (-1, 1)); out = np.c_[e[:-1], e[1:], h]", a)
	s.near("histogram of a range", s.numbers(got[bytes.IndexByte(got, '\n')+1:]), want, fine)
	if s.figure(r, "inside")+s.figure(r, "outside") != 500 {
		s.Error("values are lost")
	}
	s.refused("column is 3, the table has 2 columns", "math.histogram", params{"column": 3}, a)
}

func proveCorrelation(s *stand) {
	a := mathTable(25, 60, 4)
	s.near("pearson", s.unnamed(s.output("math.correlation", nil, a)), s.scipy("out = np.corrcoef(a.T)", a), fine)
	ties := table("1,2,5\n1,3,4\n2,3,4\n3,1,1\n3,3,0\n")
	for _, t := range tables(a, ties) {
		got := s.unnamed(s.output("math.correlation", params{"method": "spearman"}, t))
		s.near("spearman", got, s.scipy("from scipy import stats; out = stats.spearmanr(a)[0]", t), fine)
	}
	constant := s.unnamed(s.output("math.correlation", nil, table("1,0.1\n2,0.1\n4,0.1\n")))
	if constant[0][0] != 1 || !math.IsNaN(constant[0][1]) || !math.IsNaN(constant[1][1]) {
		s.Error("a constant column correlates", constant)
	}
}

func proveRegression(s *stand) {
	a := mathTable(26, 40, 4)
	script := `
x = np.c_[np.ones(len(a)), a[:, [0, 2, 3]]][:, %s:]; y = a[:, 1]
b = np.linalg.lstsq(x, y, rcond=None)[0]; r = y - x @ b; n = len(a) - x.shape[1]
e = np.sqrt(r @ r / n * np.diag(np.linalg.inv(x.T @ x)))
t = ((y - y.mean() * %s) ** 2).sum()
`
	for intercept, drop := range map[bool][2]string{true: {"0", "1"}, false: {"1", "0"}} {
		head := fmt.Sprintf(script, drop[0], drop[1])
		r := s.run("math.regression", params{"target": 2, "intercept": intercept}, a)
		s.near("coefficients", s.unnamed(r.Outputs[0].Bytes), s.scipy(head+"out = np.c_[b, e, b / e]", a), fine)
		got := [][]float64{{s.figure(r, "r2"), s.figure(r, "adjusted_r2"), s.figure(r, "std_error"), s.figure(r, "degrees")}}
		want := s.scipy(head+"out = [1 - r @ r / t, 1 - r @ r / n / t * (len(a) - "+drop[1]+"), np.sqrt(r @ r / n), n]", a)
		s.near("figures", got, want, fine)
	}
	s.refused("2 rows are too few", "math.regression", nil, table("1,2\n3,4\n"))
}

func proveEvaluate(s *stand) {
	a := mathTable(27, 50, 2)
	named := append(table("u,v\n"), a...)
	for expression, script := range map[string]string{
		"-u^2 + 3*v":                  "-u**2 + 3*v",
		"2^-u^2":                      "2.0**(-(u**2))",
		"if(u < v && v > 0, u, -v)":   "np.where((u < v) & (v > 0), u, -v)",
		"atan2(u, v) + hypot(u, c2)":  "np.arctan2(u, v) + np.hypot(u, v)",
		"sqrt(u)":                     "np.sqrt(u)",
		"sin(pi*u)*cosh(v)/exp(c1)-e": "np.sin(np.pi*u)*np.cosh(v)/np.exp(u)-np.e",
		"u % 0.3 - -v/2/3":            "np.fmod(u, 0.3) + v/2/3",
		"round(u*10) + sign(v) + ln(abs(u)) + log10(abs(v)) + cbrt(u) + log1p(abs(v))": "np.round(u*10) + np.sign(v) + np.log(abs(u)) + np.log10(abs(v)) + np.cbrt(u) + np.log1p(abs(v))",
	} {
		out := s.output("math.evaluate", params{"expression": expression}, named)
		got := s.numbers(out[bytes.IndexByte(out, '\n')+1:])
		s.near(expression, got, s.scipy("np.seterr(all='ignore'); u, v = a.T; out = np.c_[a, "+script+"]", a), fine)
	}
	s.refused("character 5: w is not known", "math.evaluate", params{"expression": "u + w"}, named)
	s.refused("nested deeper", "math.evaluate", params{"expression": strings.Repeat("(", 8000)}, named)
}

func proveIntegrate(s *stand) {
	for expression, script := range map[string]string{
		"exp(-x^2)": "np.exp(-x*x)", "1/(1e-4+(x-0.3)^2)": "1/(1e-4+(x-0.3)**2)", "sqrt(x+1)": "np.sqrt(x+1)", "abs(x-0.1)": "abs(x-0.1)",
	} {
		r := s.run("math.integrate", params{"expression": expression, "low": -1, "high": 2}, nil...)
		want := s.scipy("from scipy.integrate import quad; out = [quad(lambda x: " + script + ", -1, 2, epsabs=1e-12, epsrel=1e-12, limit=500, points=[0.1, 0.3])[0]]")
		s.near(expression, [][]float64{{s.figure(r, "integral")}}, want, 1e-10)
	}
	s.refused("expression is inf at x = 0", "math.integrate", params{"expression": "1/x", "low": -1, "high": 1})
}

func proveRoot(s *stand) {
	for expression, script := range map[string]string{
		"cos(x)-x": "np.cos(x)-x", "x^3-2*x-5": "x**3-2*x-5", "exp(x)-20": "np.exp(x)-20", "x^9": "x**9",
	} {
		r := s.run("math.root", params{"expression": expression, "low": -1, "high": 4})
		want := s.scipy("from scipy.optimize import brentq; out = [brentq(lambda x: " + script + ", -1, 4, xtol=1e-14, maxiter=9999)]")
		s.near(expression, [][]float64{{s.figure(r, "x")}}, want, 1e-11)
	}
	s.refused("the same sign", "math.root", params{"expression": "x^2+1"})
}

func proveInterpolate(s *stand) {
	points := table("0,1\n1,3\n1.5,2\n4,2\n5,-1\n7,0\n")
	at := s.numpyText("out = np.linspace(0, 7, 57)[:, None]")
	for method, script := range map[string]string{
		"linear":   "y = np.interp(t, *a.T)",
		"natural":  "from scipy.interpolate import CubicSpline; y = CubicSpline(*a.T, bc_type='natural')(t)",
		"monotone": "from scipy.interpolate import PchipInterpolator; y = PchipInterpolator(*a.T)(t)",
	} {
		s.same("interpolate", params{"method": method}, tables(points, at), "t = b[:, 0]; "+script+"; out = np.c_[t, y]")
		for _, few := range []string{"0,1\n7,3\n", "0,1\n3,3\n7,2\n"} {
			s.same("interpolate", params{"method": method}, tables(table(few), at), "t = b[:, 0]; "+script+"; out = np.c_[t, y]")
		}
	}
	s.refused("value 1 of at is 8, outside of 0 to 7", "math.interpolate", nil, points, table("8\n"))
	s.refused("point 2 of points does not lie right", "math.interpolate", nil, table("1,2\n1,3\n"), table("1\n"))
}

// numpyText is what numpy prints.
func (s *stand) numpyText(script string) []byte {
	s.Helper()
	return s.tool(nil, debianPython, "-c", numpyHead+script+numpyTail)
}

func proveLookAt(s *stand) {
	p := params{"eye_x": 1, "eye_y": 2, "eye_z": 3, "target_x": -2, "target_y": 0.5, "target_z": 4}
	s.same("look_at", p, nil, `
eye, target = np.array([1, 2, 3.]), np.array([-2, .5, 4])
f = (target - eye) / np.linalg.norm(target - eye)
r, _ = np.linalg.qr(np.c_[f, [0, 1, 0]])
u = r[:, 1] * np.sign(r[1, 1])
out = np.eye(4); out[:3, :3] = [np.cross(f, u), u, -f]; out[:3, 3] = -out[:3, :3] @ eye`)
	s.refused("up beside the way", "math.look_at", params{"eye_y": 5, "eye_z": 0})
}

// A camera is right when it sends the corners of what it sees to those of the clip space.
func (s *stand) corners(camera, box []byte, depths [2]float64) {
	s.Helper()
	var want [][]float64
	for _, z := range depths {
		want = append(want, []float64{-1, -1, z}, []float64{1, 1, z})
	}
	s.near("corners", s.scipy("p = np.c_[a, np.ones(len(a))] @ b.T; out = p[:, :3] / p[:, 3:]", box, camera), want, fine)
}

func provePerspective(s *stand) {
	box := s.numpyText("h = np.tan(np.radians(25)); out = [[x * 2 * h * z, x * h * z, -z] for z in (0.5, 80) for x in (-1, 1)]")
	for depth, ends := range map[string][2]float64{"zero_to_one": {0, 1}, "minus_one_to_one": {-1, 1}} {
		camera := s.output("math.perspective", params{"angle": 50, "aspect": 2, "near": 0.5, "far": 80, "depth": depth})
		s.corners(camera, box, ends)
	}
	s.refused("far is 1, not beyond near", "math.perspective", params{"near": 2, "far": 1})
}

func proveOrthographic(s *stand) {
	box := table("-3,-1,-0.5\n5,2,-0.5\n-3,-1,-80\n5,2,-80\n")
	for depth, ends := range map[string][2]float64{"zero_to_one": {0, 1}, "minus_one_to_one": {-1, 1}} {
		p := params{"left": -3, "right": 5, "bottom": -1, "top": 2, "near": 0.5, "far": 80, "depth": depth}
		s.corners(s.output("math.orthographic", p), box, ends)
	}
	s.refused("right equals left", "math.orthographic", params{"left": 1})
}

// TestMathHostile gives each op that reads a table what is none.
func TestMathHostile(t *testing.T) {
	s := newStand(t)
	for _, unit := range s.node.Units() {
		if unit.Name != "math" {
			continue
		}
		for _, op := range unit.Ops {
			for i, hostile := range []string{
				"", "\n", ",", "\x00\xff\xfe", "\"", "a,b\n", "1,2\n3\n", "1e999\n", "nan\n", "-inf,inf\n1,2\n", strings.Repeat("1,", 100000),
				"0\n", "0,0,0\n0,0,0\n0,0,0\n", "1e308,1e308\n1e308,-1e308\n", "0,0,0,0\n", strings.Repeat("\"", 9999),
				"5e-324,0,0,1\n", "1e308,1e308,1e308,1e308\n1e308,1e308,1e308,1e308\n1,1,1,1\n0,0,0,1\n",
			} {
				inputs := make([][]byte, len(op.Inputs))
				for k := range inputs {
					inputs[k] = []byte(hostile)
				}
				if len(inputs) > 0 {
					s.survives("math."+op.Name, i, inputs...)
				}
			}
		}
	}
}

// TestMathHostileBytes damages a table that is well: an answer or a refusal comes, and never a trap.
func TestMathHostileBytes(t *testing.T) {
	s, whole := newStand(t), append(table("one,\"t,w\",three\n"), mathTable(40, 40, 3)...)
	for i := range 16 {
		s.survives("math.describe", i, whole[:len(whole)*i/16])
	}
	for seed := range uint64(200) {
		random, bad := rand.New(rand.NewPCG(seed, 6)), bytes.Clone(whole)
		for range 1 + random.IntN(4) {
			bad[random.IntN(len(bad))] ^= 1 << random.IntN(8)
		}
		s.survives("math.describe", int(seed), bad)
		s.survives("math.correlation", int(seed), bad)
	}
}

// Sizes that the plugin's memory does not hold are refused before it is filled.
func TestMathHostileSizes(t *testing.T) {
	s := newStand(t)
	tall, wide := bytes.Repeat([]byte("1\n"), 100_000), append(bytes.Repeat([]byte("1,"), 99_999), '1', '\n')
	s.refused("numbers, at most 2097152 fit", "math.multiply", nil, tall, wide)
	s.refused("multiplications, at most", "math.svd", nil, bytes.Repeat(append(bytes.Repeat([]byte("1,"), 1447), '1', '\n'), 1448))
	s.refused("more than 4194304 numbers at row 4194305", "math.vector_length", nil, bytes.Repeat([]byte("1\n"), 4<<20+1))
	s.refused("at most 1048576 are transformed", "math.fft", nil, bytes.Repeat([]byte("1\n"), 1<<20+1))
	if out := s.output("math.transpose", nil, bytes.Repeat([]byte("1\n"), 4<<20)); len(out) != 8<<20 {
		s.Error("the largest table has", len(out), "bytes")
	}
	if out := s.output("math.fft", nil, bytes.Repeat([]byte("1\n"), 1_048_573)); math.Abs(s.numbers(out)[0][0]-1_048_573) > 1e-3 {
		s.Errorf("the sum of 1,048,573 ones begins %.40s", out)
	}
}

// survives fails when an op traps; an answer or a refusal is well.
func (s *stand) survives(op string, sample int, inputs ...[]byte) {
	s.Helper()
	if _, err := s.try(op, nil, inputs...); err != nil {
		s.refused("", op, nil, inputs...)
		if strings.Contains(err.Error(), "unreachable") {
			s.Errorf("%s, sample %d: %v", op, sample, err)
		}
	}
}
