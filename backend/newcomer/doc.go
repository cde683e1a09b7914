// Package newcomer has the tests of what somebody does who is new to INOS: follow the book word for
// word, begin a plugin in each language. They use the programs of the build and no network.
package newcomer
