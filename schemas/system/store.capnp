@0xdbecafc55d45f6aa;
# What the store's trees are made of. Each message is the plain content of one block: one
# single-segment message without framing.
#
# Between: a store and itself later, or another peer with the space's key. Trust: a block comes with a
# name that only a holder of the key can make; what it says is still checked for every limit.
using Go = import "/go.capnp";
$Go.package("store");
$Go.import("inos/backend/wire/gen/store");

struct Name {
  # A keyed BLAKE3 of what a block holds and its kind, as four little-endian words.
  n0 @0 :UInt64;
  n1 @1 :UInt64;
  n2 @2 :UInt64;
  n3 @3 :UInt64;
}

struct Link {
  n0 @0 :UInt64;
  n1 @1 :UInt64;
  n2 @2 :UInt64;
  n3 @3 :UInt64;
  # The name of a block; all zero: a hole, bytes that are zero and were never written.
  size @4 :UInt64;
  # Bytes of content that it stands for, at least 1.
}

struct Links {
  links @0 :List(Link);
  # 1 to 1,024, in the order of the content; their sizes add up to the size of the link to here.
}

struct Page {
  entries @0 :List(Entry);
  # 1 to 1,024, their names rising bytewise, across all pages of a folder.
}

struct Entry {
  name @0 :Data;
  # 1 to 255 bytes of any encoding, without '/' and NUL, neither "." nor "..".
  kind @1 :Kind;
  mode @2 :UInt16;
  # POSIX permission bits with setuid, setgid and sticky: 0 to 07777.
  nsec @3 :UInt32;
  # 0 to 999,999,999, to be added to sec.
  sec @4 :Int64;
  # When it was changed, seconds since 1970; negative: before.
  size @5 :UInt64;
  # Bytes of a file, and of all files below a folder; 0 for a symbolic link. At most 2^63 - 1.
  stamp @6 :UInt64;
  # Recognises a file that was not changed since; 0: none.
  group @7 :UInt64;
  # Of files only: equal in the names of one file with several; 0: it has one name.
  content @8 :Content;
  # Null: it is empty.
  target @9 :Data;
  # Of symbolic links only: where it leads, 1 to 4,095 bytes without NUL.
}

struct Content {
  n0 @0 :UInt64;
  n1 @1 :UInt64;
  n2 @2 :UInt64;
  n3 @3 :UInt64;
  size @4 :UInt64;
  # As in Link. Of a file it is the file's size, of a folder the sum of its pages' bytes.
  level @5 :UInt8;
  # 0: the link is the data block or the page itself; n: a list of links of level n - 1. At most 6.
}

enum Kind {
  unset @0;
  # Refused.
  file @1;
  folder @2;
  symlink @3;
}

struct Root {
  # One version of what was put.
  path @0 :Data;
  # What the user named it, 1 to 4,096 bytes without NUL; of files: absolute.
  timeMs @1 :Int64;
  # When it was put, milliseconds since 1970.
  top @2 :Entry;
  pinned @3 :Bool;
  # It stays until it is unpinned, whatever the space's policy says.
  sort @4 :Sort;
  label @5 :Text;
  # Up to 256 bytes on one line; empty: none.
  files @6 :UInt64;
  folders @7 :UInt64;
  bytes @8 :UInt64;
  # What lies below top, and top itself. Symbolic links count as files; bytes as in Entry.size.
  replaces @9 :List(Name);
  # The roots that this one stands for from now on; at most 64.
}

enum Sort {
  files @0;
  # A file or a folder of the file system.
  stream @1;
  # What came through a pipe.
  plugin @2;
  # A plugin's file.
  result @3;
  # What a job made.
}

struct Removal {
  # Versions that the user took away, by the names of their roots as first written.
  roots @0 :List(Name);
  # 1 to 1,024.
  timeMs @1 :Int64;
  # When, milliseconds since 1970.
}
