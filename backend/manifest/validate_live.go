package manifest

import (
	"fmt"
	"math"
)

func (c *checker) live(l *Live, path string) {
	c.text(l.Doc, path+".doc")
	c.openParams(l.Params, path+".params")
	between := func(v, min, max int, name string) {
		c.check(v >= min && v <= max, path+"."+name, "is %d, %d to %d are allowed", v, min, max)
	}
	between(int(l.Phases), 1, maxPhases, "phases")
	between(int(l.MaxShards), 1, maxShards, "maxShards")
	between(int(l.RateHz), 1, maxRateHz, "rateHz")
	c.channels(l, path+".channels")
	c.presets(l, path+".presets")
}

func (c *checker) channels(l *Live, path string) {
	c.count(len(l.Channels), 1, maxChannels, path)
	names := map[string]bool{}
	for i := 0; i < len(l.Channels) && c.found == nil; i++ {
		ch, path := &l.Channels[i], fmt.Sprintf("%s[%d]", path, i)
		c.name(ch.Name, maxNameRunes, path+".name")
		c.unique(names, ch.Name, path+".name")
		c.check(ch.Look <= Birds, path+".look", "is %d", ch.Look)
		if ch.CapacityParam == "" {
			c.check(ch.Capacity >= 1 && ch.Capacity <= maxCapacity, path+".capacity",
				"is %d, 1 to %d are allowed", ch.Capacity, maxCapacity)
			continue
		}
		c.check(ch.Capacity == 0, path+".capacity", "goes without capacityParam; give one of the two")
		at := FindParam(l.Params, ch.CapacityParam)
		c.check(at >= 0 && l.Params[at].Kind == Integer, path+".capacityParam",
			"%q is no integer parameter of the live unit", clip(ch.CapacityParam))
		if c.found == nil {
			p := &l.Params[at]
			c.check(p.Min >= 0 && p.Max <= maxCapacity, path+".capacityParam",
				"%q goes from %g to %g, a capacity is 0 to %d", p.Name, p.Min, p.Max, maxCapacity)
		}
	}
}

func (c *checker) presets(l *Live, path string) {
	c.count(len(l.Presets), 0, maxPresets, path)
	names := map[string]bool{}
	for i := 0; i < len(l.Presets) && c.found == nil; i++ {
		p, path := &l.Presets[i], fmt.Sprintf("%s[%d]", path, i)
		c.name(p.Name, maxNameRunes, path+".name")
		c.unique(names, p.Name, path+".name")
		c.text(p.Doc, path+".doc")
		c.count(len(p.Values), 0, maxParams, path+".values")
		set := map[string]bool{}
		for j := 0; j < len(p.Values) && c.found == nil; j++ {
			c.presetValue(l, p.Values[j], set, fmt.Sprintf("%s.values[%d]", path, j))
		}
	}
}

func (c *checker) presetValue(l *Live, v PresetValue, set map[string]bool, path string) {
	at := FindParam(l.Params, v.Param)
	c.check(at >= 0, path+".param", "%q is no parameter of the live unit", clip(v.Param))
	c.unique(set, v.Param, path+".param")
	if c.found != nil {
		return
	}
	p := &l.Params[at]
	c.check(p.Kind != Text, path+".param", "%q is a text, a preset sets numbers", p.Name)
	_, err := p.Coerce(v.Value)
	c.check(err == nil, path+".value", "%g does not fit %q: it takes %s", v.Value, p.Name, p.Range())
}

func (c *checker) params(ps []Param, path string) {
	c.count(len(ps), 0, maxParams, path)
	c.eachParam(ps, path)
	for i := 0; i < len(ps) && c.found == nil; i++ {
		c.secret(&ps[i], fmt.Sprintf("%s[%d]", path, i))
	}
}

// openParams are a live unit's: its values are shown while it runs, so none of them is secret.
func (c *checker) openParams(ps []Param, path string) {
	c.params(ps, path)
	for i := range ps {
		c.check(!ps[i].Secret, fmt.Sprintf("%s[%d].secret", path, i), "only an op or a setting has secrets")
	}
}

func (c *checker) secret(p *Param, path string) {
	if p.Secret {
		c.check(p.Kind == Text, path+".secret", "only a text can be secret")
		c.check(p.Default == "", path+".default", "a secret has none: it would stand in the file")
	}
}

func (c *checker) settings(ps []Param) {
	c.count(len(ps), 0, maxSettings, "settings")
	c.eachParam(ps, "settings")
	for i := 0; i < len(ps) && c.found == nil; i++ {
		p, path := &ps[i], fmt.Sprintf("settings[%d]", i)
		c.check(!p.Hidden, path+".hidden", "a setting is the user's, who must see it")
		c.secret(p, path)
		if p.Secret {
			c.check(p.MaxBytes <= maxSecret, path+".maxBytes",
				"is %d, a secret has at most %d", p.MaxBytes, maxSecret)
		}
	}
}

func (c *checker) eachParam(ps []Param, path string) {
	names := map[string]bool{}
	for i := 0; i < len(ps) && c.found == nil; i++ {
		p, path := &ps[i], fmt.Sprintf("%s[%d]", path, i)
		c.name(p.Name, maxNameRunes, path+".name")
		c.unique(names, p.Name, path+".name")
		c.label(p.Label, path+".label", false)
		c.label(p.Unit, path+".unit", false)
		c.label(p.Group, path+".group", false)
		c.text(p.Doc, path+".doc")
		c.paramKind(p, path)
	}
}

func (c *checker) paramKind(p *Param, path string) {
	switch p.Kind {
	case Number:
		c.check(finite(p.Min, p.Max, p.Step) && p.Min < p.Max, path+".max",
			"the range %g to %g is empty or not finite", p.Min, p.Max)
		c.check(p.Step >= 0 && p.Step <= p.Max-p.Min, path+".step", "%g does not fit the range", p.Step)
	case Integer:
		whole := p.Min == math.Trunc(p.Min) && p.Max == math.Trunc(p.Max)
		c.check(finite(p.Min, p.Max) && whole && p.Min <= p.Max, path+".max",
			"the range %g to %g is empty or not whole", p.Min, p.Max)
		c.check(math.Abs(p.Min) <= maxExactInteger && math.Abs(p.Max) <= maxExactInteger, path+".max",
			"integers go up to 2^53 - 1")
	case Flag:
	case Choice:
		c.options(p, path+".options")
	case Text:
		c.check(p.MaxBytes >= 1 && p.MaxBytes <= maxTextParam, path+".maxBytes",
			"is %d, 1 to %d are allowed", p.MaxBytes, maxTextParam)
		s, _ := p.Default.(string) // what a user may type has lines
		c.check(cleanText(s, true), path+".default", "has control characters or is no UTF-8")
	default:
		c.check(false, path+".kind", "is %d", p.Kind)
	}
	logs := (p.Kind == Number || p.Kind == Integer) && p.Min > 0
	c.check(!p.Logarithmic || logs, path+".logarithmic", "needs a range above 0")
	if c.found == nil {
		_, err := p.Coerce(p.Default)
		c.check(err == nil, path+".default", "%s does not fit: it takes %s",
			quoteGiven(p.Default), p.Range())
	}
}

func (c *checker) options(p *Param, path string) {
	c.count(len(p.Options), 1, maxOptions, path)
	seen := map[string]bool{}
	for i := 0; i < len(p.Options) && c.found == nil; i++ {
		path := fmt.Sprintf("%s[%d]", path, i)
		c.label(p.Options[i], path, true)
		c.unique(seen, p.Options[i], path)
	}
}
