// Package oracle proves each op of the units for files, on its way through the kernel and a real worker,
// against something that INOS did not make: a published vector, or another program.
package oracle
