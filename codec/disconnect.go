package codec

// disconnect reads DISCONNECT (3.14), which is empty before 5.0.
func (r *reader) disconnect(p *Disconnect) {
	*p = Disconnect{}
	if r.v != V5 {
		r.end(&ruleTrailing)
		return
	}
	p.Code, p.Properties, _ = r.codeAndProperties(1)
}

// auth reads AUTH (3.15).
func (r *reader) auth(p *Auth) {
	*p = Auth{}
	if r.stop {
		return
	}
	// 3.15.2.2.2 calls it an error to leave out the method. 3.15.2.1 lets the code
	// and all properties be left out together, which is a Remaining Length of 0;
	// there the two sentences contradict each other and nothing is judged.
	empty := r.pos == len(r.b)
	var seen uint64
	p.Code, p.Properties, seen = r.codeAndProperties(0)
	if !empty && seen>>AuthenticationMethod&1 == 0 {
		r.missing(&ruleAuthMethod, r.pos, "")
	}
}

// codeSize measures a Reason Code and properties that are left out where the
// code is 0 and there are none, as DISCONNECT and AUTH do.
func codeSize(s *sizer, code byte, ps Properties, v Version) {
	if v == V5 && (code != 0 || len(ps) > 0) {
		s.n++
		s.props = s.properties(ps, v)
	}
}

func appendCode(dst []byte, first, code byte, ps Properties, v Version) ([]byte, error) {
	var s sizer
	codeSize(&s, code, ps, v)
	dst, err := s.start(dst, first)
	if err != nil || v != V5 || code == 0 && len(ps) == 0 {
		return dst, err
	}
	return appendProperties(append(dst, code), s.props, ps, v), nil
}

func codeLine(t Type, code byte, ps Properties) string {
	l := line(t.String())
	if code != 0 || t == AUTH {
		l.code(t, code)
	}
	l.properties(ps)
	return l.String()
}

// Type is DISCONNECT.
func (*Disconnect) Type() Type { return DISCONNECT }

// Size is the number of bytes that Append adds.
func (p *Disconnect) Size(v Version) int {
	var s sizer
	codeSize(&s, p.Code, p.Properties, v)
	return s.total()
}

// Append encodes the packet behind dst; see Packet.
func (p *Disconnect) Append(dst []byte, v Version) ([]byte, error) {
	return appendCode(dst, byte(DISCONNECT)<<4, p.Code, p.Properties, v)
}

// Clone gives a deep copy.
func (p *Disconnect) Clone() Packet { return &Disconnect{p.Code, p.Properties.Clone()} }

// String gives the packet on one line.
func (p *Disconnect) String() string { return codeLine(DISCONNECT, p.Code, p.Properties) }

// Type is AUTH.
func (*Auth) Type() Type { return AUTH }

// Size is the number of bytes that Append adds.
func (p *Auth) Size(v Version) int {
	var s sizer
	codeSize(&s, p.Code, p.Properties, v)
	return s.total()
}

// Append encodes the packet behind dst; see Packet.
func (p *Auth) Append(dst []byte, v Version) ([]byte, error) {
	return appendCode(dst, byte(AUTH)<<4, p.Code, p.Properties, v)
}

// Clone gives a deep copy.
func (p *Auth) Clone() Packet { return &Auth{p.Code, p.Properties.Clone()} }

// String gives the packet on one line.
func (p *Auth) String() string { return codeLine(AUTH, p.Code, p.Properties) }
