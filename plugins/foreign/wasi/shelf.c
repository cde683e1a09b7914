/* Shelf is a plain C program that works on files: lists /in, copies a file of it to /out, adds a line
 * to /out/log, removes /out/old. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  return 4;
}

static int list(void) {
  DIR *d = opendir("/in");
  if (!d) return fail("/in");
  for (struct dirent *e; (e = readdir(d));)
    if (e->d_name[0] != '.') printf("%s%s\n", e->d_name, e->d_type == DT_DIR ? "/" : "");
  return closedir(d);
}

static int copy(const char *name) {
  static char from[256], to[256], piece[70000]; /* more than the stack holds */
  snprintf(from, sizeof from, "/in/%s", name);
  snprintf(to, sizeof to, "/out/%s", name);
  FILE *in = fopen(from, "rb"), *out = in ? fopen(to, "wb") : NULL;
  if (!out) return fail(in ? to : from);
  size_t all = 0;
  for (size_t n; (n = fread(piece, 1, sizeof piece, in)) > 0; all += n)
    if (fwrite(piece, 1, n, out) != n) return fail(to);
  if (fclose(in) || fclose(out)) return fail(to);
  struct stat s;
  if (stat(to, &s) || (size_t)s.st_size != all) return fail("size");
  FILE *log = fopen("/out/log", "a");
  if (!log || fprintf(log, "%s %zu\n", name, all) < 0 || fclose(log)) return fail("/out/log");
  if (access("/out/old", F_OK) == 0 && unlink("/out/old")) return fail("/out/old");
  return 0;
}

static int escape(void) {
  const char *paths[] = {"/etc/passwd", "/in/../secret", "../secret", "/in/../../etc/passwd"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    if (fopen(paths[i], "r")) return printf("opened %s\n", paths[i]), 6;
  FILE *f = fopen("/in/new", "w");
  if (f) return puts("wrote into /in"), 7;
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 2 && !strcmp(argv[1], "copy")) return copy(argv[2]);
  if (argc > 1 && !strcmp(argv[1], "escape")) return escape();
  return list();
}
