package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"path"
	"sort"
	"strings"

	"capnproto.org/go/capnp/v3"
	"capnproto.org/go/capnp/v3/std/capnp/schema"
)

// Ids of the annotations in layout.capnp.
const (
	annotationAt    = 0xe1c6a8b97d504f21
	annotationCount = 0xf0b3d2c1a4958677
	annotationSize  = 0xa9b8c7d6e5f40312
)

// maxRequestBytes bounds the request that the compiler sends.
const maxRequestBytes = 16 << 20

// model is everything that is generated: layout structs, enums and constants, in file order.
type model struct {
	layouts []*layout
	enums   []enum
	consts  []constant
}

type layout struct {
	name   string
	size   uint32
	fields []field
}

type field struct {
	name   string
	typ    string // u8 u16 u32 u64 i32 f32 f64, or a layout's name
	nested bool
	offset uint32
	count  uint32
	size   uint32 // bytes of one element
}

type enum struct {
	name   string
	values []string
}

type constant struct {
	name  string
	value uint64
}

// scalarTypes maps schema types that may stand in a layout to name and size.
var scalarTypes = map[schema.Type_Which]struct {
	name string
	size uint32
}{
	schema.Type_Which_uint8:   {"u8", 1},
	schema.Type_Which_uint16:  {"u16", 2},
	schema.Type_Which_uint32:  {"u32", 4},
	schema.Type_Which_uint64:  {"u64", 8},
	schema.Type_Which_int32:   {"i32", 4},
	schema.Type_Which_float32: {"f32", 4},
	schema.Type_Which_float64: {"f64", 8},
}

func readModel(r io.Reader) (*model, error) {
	dec := capnp.NewDecoder(r)
	dec.MaxMessageSize = maxRequestBytes
	msg, err := dec.Decode()
	if err != nil {
		return nil, err
	}
	msg.ResetReadLimit(maxRequestBytes * 8)
	req, err := schema.ReadRootCodeGeneratorRequest(msg)
	if err != nil {
		return nil, err
	}
	return newReader(req).read(req)
}

type reader struct {
	nodes map[uint64]schema.Node
	sizes map[uint64]uint32 // layout structs
	names map[uint64]string
}

func newReader(req schema.CodeGeneratorRequest) *reader {
	r := &reader{nodes: map[uint64]schema.Node{}, sizes: map[uint64]uint32{}, names: map[uint64]string{}}
	nodes, err := req.Nodes()
	if err != nil {
		return r
	}
	for i := range nodes.Len() {
		n := nodes.At(i)
		r.nodes[n.Id()] = n
		full, _ := n.DisplayName()
		r.names[n.Id()] = full[int(n.DisplayNamePrefixLength()):]
		if list, err := n.Annotations(); err == nil {
			if size, ok := annotation(list, annotationSize); ok {
				r.sizes[n.Id()] = size
			}
		}
	}
	return r
}

func (r *reader) read(req schema.CodeGeneratorRequest) (*model, error) {
	m := &model{}
	files, err := req.RequestedFiles()
	if err != nil {
		return nil, err
	}
	for i := range files.Len() {
		file, ok := r.nodes[files.At(i).Id()]
		if !ok {
			return nil, fmt.Errorf("file %d is not in the request", i)
		}
		if err := r.readFile(m, file); err != nil {
			name, _ := files.At(i).Filename()
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
	}
	return m, nil
}

func (r *reader) readFile(m *model, file schema.Node) error {
	nested, err := file.NestedNodes()
	if err != nil {
		return err
	}
	for i := range nested.Len() {
		n := r.nodes[nested.At(i).Id()]
		name := r.names[n.Id()]
		switch n.Which() {
		case schema.Node_Which_structNode:
			if size, ok := r.sizes[n.Id()]; ok {
				l, err := r.readLayout(n, name, size)
				if err != nil {
					return err
				}
				m.layouts = append(m.layouts, l)
			}
		case schema.Node_Which_enum:
			e, err := readEnum(n, name)
			if err != nil {
				return err
			}
			m.enums = append(m.enums, e)
		case schema.Node_Which_const:
			v, err := readConst(n)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			m.consts = append(m.consts, constant{name, v})
		}
	}
	return nil
}

func (r *reader) readLayout(n schema.Node, name string, size uint32) (*layout, error) {
	l := &layout{name: name, size: size}
	fields, err := n.StructNode().Fields()
	if err != nil {
		return nil, err
	}
	for i := range fields.Len() {
		f, err := r.readField(fields.At(i))
		if err != nil {
			return nil, fmt.Errorf("%s.%w", name, err)
		}
		l.fields = append(l.fields, f)
	}
	sort.SliceStable(l.fields, func(a, b int) bool { return l.fields[a].offset < l.fields[b].offset })
	return l, nil
}

func (r *reader) readField(sf schema.Field) (field, error) {
	name, err := sf.Name()
	if err != nil {
		return field{}, err
	}
	f := field{name: name, count: 1}
	list, err := sf.Annotations()
	if err != nil {
		return f, err
	}
	at, ok := annotation(list, annotationAt)
	if !ok {
		return f, fmt.Errorf("%s: no $at", name)
	}
	f.offset = at
	if c, ok := annotation(list, annotationCount); ok {
		f.count = c
	}
	if sf.Which() != schema.Field_Which_slot {
		return f, fmt.Errorf("%s: groups have no place in a layout", name)
	}
	t, err := sf.Slot().Type()
	if err != nil {
		return f, err
	}
	if s, ok := scalarTypes[t.Which()]; ok {
		f.typ, f.size = s.name, s.size
		return f, nil
	}
	if t.Which() == schema.Type_Which_structType {
		id := t.StructType().TypeId()
		if size, ok := r.sizes[id]; ok {
			f.typ, f.size, f.nested = r.names[id], size, true
			return f, nil
		}
	}
	return f, fmt.Errorf("%s: type %v has no place in a layout", name, t.Which())
}

func annotation(list capnp.StructList[schema.Annotation], id uint64) (uint32, bool) {
	for i := range list.Len() {
		if a := list.At(i); a.Id() == id {
			if v, err := a.Value(); err == nil {
				return v.Uint32(), true
			}
		}
	}
	return 0, false
}

func readEnum(n schema.Node, name string) (enum, error) {
	e := enum{name: name}
	list, err := n.Enum().Enumerants()
	if err != nil {
		return e, err
	}
	for i := range list.Len() {
		v, err := list.At(i).Name()
		if err != nil {
			return e, err
		}
		e.values = append(e.values, v)
	}
	return e, nil
}

func readConst(n schema.Node) (uint64, error) {
	v, err := n.Const().Value()
	if err != nil {
		return 0, err
	}
	switch v.Which() {
	case schema.Value_Which_uint16:
		return uint64(v.Uint16()), nil
	case schema.Value_Which_uint32:
		return uint64(v.Uint32()), nil
	}
	return 0, fmt.Errorf("constants are UInt16 or UInt32, not %v", v.Which())
}

// hash is FNV-1a over a canonical text of every layout; it stands in each segment's header, so
// that a reader with another layout refuses.
func (m *model) hash() uint64 {
	h := fnv.New64a()
	for _, l := range m.layouts {
		fmt.Fprintf(h, "%s %d\n", l.name, l.size)
		for _, f := range l.fields {
			fmt.Fprintf(h, " %s %s %d %d\n", f.name, f.typ, f.offset, f.count)
		}
	}
	for _, e := range m.enums {
		fmt.Fprintf(h, "%s %s\n", e.name, strings.Join(e.values, " "))
	}
	return h.Sum64()
}
