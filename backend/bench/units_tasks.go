package bench

import (
	"context"
	"fmt"
)

// python is Debian's, which has numpy.
const python = "/usr/bin/python3"

var oneThread = []string{"OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "MAGICK_THREAD_LIMIT=1"}

func numpy(script string, paths ...string) unitPeer {
	return unitPeer{
		debian: "python3-numpy", version: []string{python, "-c", "import numpy; print('numpy', numpy.__version__)"},
		argv: append([]string{python, "-c", "import sys, numpy as np\nload = lambda p: np.loadtxt(p, delimiter=',', ndmin=2)\n" +
			"save = lambda p, a: np.savetxt(p, a, fmt='%.17g', delimiter=',')\n" + script}, paths...), env: oneThread,
	}
}

func ffmpeg(args ...string) unitPeer {
	return unitPeer{debian: "ffmpeg", version: []string{"ffmpeg", "-version"},
		argv: append([]string{"ffmpeg", "-nostdin", "-y", "-loglevel", "error", "-threads", "1"}, args...)}
}

func sqlite(query string, tables ...string) unitPeer {
	argv := []string{"sqlite3", "-csv", ":memory:"}
	for i, name := range tables {
		argv = append(argv, fmt.Sprintf(".import @%s t%d", name, i+1))
	}
	return unitPeer{debian: "sqlite3", version: []string{"sqlite3", "--version"}, argv: append(argv, query)}
}

const (
	groupKeys       = "region,product"
	groupAggregates = "count(*) AS n, sum(amount) AS total, avg(amount) AS mean, max(quantity) AS most"
	groupQuery      = "SELECT region, product, " + groupAggregates + " FROM t1 GROUP BY region, product"
	joinQuery       = "SELECT manager, count(*) AS n, sum(amount) AS total FROM t1 JOIN t2 ON t1.region = t2.name" +
		" WHERE quantity > 5 GROUP BY manager ORDER BY manager"
)

// unitTasks are what people would do with these units, at sizes at which a second is worth measuring.
var unitTasks = []unitTask{
	{
		name: "a photo of 24 megapixels to 2, Lanczos", op: "image.resize", files: photo,
		inos: []string{"-i", "@photo.jpg", "-p", "width=1733", "-p", "height=1155", "-p", "mode=exact", "-o", "@small.jpg"},
		peer: unitPeer{debian: "imagemagick", version: []string{"convert", "-version"}, env: oneThread,
			argv: []string{"convert", "@photo.jpg", "-filter", "Lanczos", "-resize", "1733x1155!", "-quality", "90", "@theirs.jpg"}},
	},
	{
		name: "24 photos of 6 megapixels, one after the other", op: "image.resize", files: photos,
		inos: []string{"--each", "-i", "@photos", "-p", "width=800", "-o", "@small"},
		peer: unitPeer{debian: "imagemagick", version: []string{"convert", "-version"}, env: oneThread,
			argv: []string{"sh", "-c", `mkdir -p "$2" && mogrify -path "$2" -filter Lanczos -resize 800x -quality 90 "$1"/*.jpg`, "sh", "@photos", "@theirs"}},
	},
	{
		name: "ten minutes of FLAC to WAV", op: "audio.convert", files: music,
		inos: []string{"-i", "@music.flac", "-o", "@music-2.wav"},
		peer: ffmpeg("-i", "@music.flac", "@theirs.wav"),
	},
	{
		name: "EBU R128 of ten minutes", op: "audio.loudness", files: music,
		inos: []string{"-i", "@music.flac", "-o", "@loudness.csv"},
		peer: ffmpeg("-i", "@music.flac", "-af", "ebur128=peak=true", "-f", "null", "-"),
	},
	{
		name: "BLAKE3 of 512 MiB", op: "crypto.hash", files: noiseFile,
		inos: []string{"-i", "@noise", "-p", "algorithm=blake3", "-o", "@sum"},
		peer: unitPeer{debian: "b3sum", version: []string{"b3sum", "--version"}, argv: []string{"b3sum", "--num-threads", "1", "@noise"}},
	},
	{
		name: "SHA-256 of 512 MiB", op: "crypto.sha256", files: noiseFile,
		inos: []string{"-i", "@noise", "-o", "@sum"},
		peer: unitPeer{debian: "openssl", version: []string{"openssl", "version"}, argv: []string{"openssl", "dgst", "-sha256", "@noise"}},
	},
	{
		name: "ChaCha20-Poly1305 of 256 MiB, in age's format", op: "crypto.age_encrypt", files: ageFiles,
		inos: []string{"--allow", "random", "-i", "@half", "-p", "recipients=" + ageRecipient, "-o", "@sealed"},
		peer: unitPeer{debian: "age", version: []string{"age", "--version"}, argv: []string{"age", "-r", ageRecipient, "-o", "@theirs.age", "@half"}},
	},
	{
		name: "1,000 equations with 1,000 unknowns", op: "math.solve", files: matrices,
		inos: []string{"-i", "@a.csv", "-i", "@b.csv", "-o", "@x.csv"},
		peer: numpy("a, b, x = sys.argv[1:]; save(x, np.linalg.solve(load(a), load(b)))", "@a.csv", "@b.csv", "@theirs.csv"),
	},
	{
		name: "singular values and vectors, 1,000 x 1,000", op: "math.svd", files: matrices,
		inos: []string{"-i", "@a.csv", "-o", "@u.csv", "-o", "@s.csv", "-o", "@v.csv"},
		peer: numpy("a, u, s, v = sys.argv[1:]\nfor p, m in zip((u, s, v), np.linalg.svd(load(a))): save(p, m)",
			"@a.csv", "@theirs-u.csv", "@theirs-s.csv", "@theirs-v.csv"),
	},
	{
		name: "a CSV of 1 GB grouped", op: "data.group_by", files: sales,
		inos: []string{"-i", "@sales.csv", "-p", "keys=" + groupKeys, "-p", "aggregates=" + groupAggregates, "-o", "@groups.csv"},
		peer: sqlite(groupQuery, "sales.csv"),
	},
	{
		name: "a CSV of 1 GB joined and grouped in SQL", op: "data.sql", files: sales,
		inos: []string{"-i", "@sales.csv", "-i", "@regions.csv", "-p", "query=" + joinQuery, "-o", "@joined.csv"},
		peer: sqlite(joinQuery, "sales.csv", "regions.csv"),
	},
}

// music is a WAV file, and what INOS makes of it: the other program reads that, too.
func music(ctx context.Context, s *unitStage) error {
	if err := s.once("music.wav", func(path string) error { return writeMusic(path, 600/s.scale) }); err != nil {
		return err
	}
	return s.once("music.flac", func(string) error {
		make := unitTask{op: "audio.convert", inos: []string{"-i", "@music.wav", "-p", "format=flac", "-o", "@music.flac"}}
		_, err := s.inos(make).measure(ctx)
		return err
	})
}

func photo(_ context.Context, s *unitStage) error {
	return s.once("photo.jpg", func(path string) error { return writePhoto(path, 6000/s.scale, 4000/s.scale, 1) })
}
