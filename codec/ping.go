package codec

// Type is PINGREQ.
func (*Pingreq) Type() Type { return PINGREQ }

// Size is the number of bytes that Append adds: 2.
func (*Pingreq) Size(Version) int { return 2 }

// Append encodes the packet behind dst; it does not fail.
func (*Pingreq) Append(dst []byte, _ Version) ([]byte, error) {
	return append(dst, byte(PINGREQ)<<4, 0), nil
}

// Clone gives a copy.
func (*Pingreq) Clone() Packet { return &Pingreq{} }

// String gives the packet on one line.
func (*Pingreq) String() string { return "PINGREQ" }

// Type is PINGRESP.
func (*Pingresp) Type() Type { return PINGRESP }

// Size is the number of bytes that Append adds: 2.
func (*Pingresp) Size(Version) int { return 2 }

// Append encodes the packet behind dst; it does not fail.
func (*Pingresp) Append(dst []byte, _ Version) ([]byte, error) {
	return append(dst, byte(PINGRESP)<<4, 0), nil
}

// Clone gives a copy.
func (*Pingresp) Clone() Packet { return &Pingresp{} }

// String gives the packet on one line.
func (*Pingresp) String() string { return "PINGRESP" }
