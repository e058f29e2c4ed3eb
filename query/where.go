package query

// WordsBetween counts the words of a field that begin at byte from or later and before byte to.
func (d *Document) WordsBetween(field string, from, to int) int {
	f := d.field(field)
	if f == nil || from >= to {
		return 0
	}
	tokens := d.tokens[f.first : f.first+f.hi-f.lo]
	return after(tokens, int32(to-1)) - after(tokens, int32(from-1))
}

// Lead gives the bytes of the body that are its lead; both are 0 when the lead is a text of its own or there is none.
func (d *Document) Lead() (start, end int) {
	body, lead := &d.fields[inBody], &d.fields[inLead]
	if lead.name != FieldBody || lead.hi == lead.lo {
		return 0, 0
	}
	tokens := d.tokens[body.first:]
	return int(tokens[lead.lo-body.lo].start), int(tokens[lead.hi-1-body.lo].end)
}
