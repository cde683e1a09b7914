@0xd8f0b2c4e6a81937;
# Values of parameters and results of an op.
#
# Between: kernel and worker (inside control messages). Trust: both check types and ranges against
# the manifest; a worker's results are untrusted.
using Go = import "/go.capnp";
$Go.package("job");
$Go.import("inos/backend/wire/gen/job");

struct Value {
  union {
    number @0 :Float64;
    # Also how booleans (0, 1) and choices (index) travel.
    integer @1 :Int64;
    text @2 :Text;
  }
}
