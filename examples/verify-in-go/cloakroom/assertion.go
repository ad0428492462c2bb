package cloakroom

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// Claims of a JWT that a gateway puts on each request (`assertion` in cloakroom.yaml, RFC 7519). What the gateway does not tell is empty.
type Claims struct {
	Issuer    string   `json:"iss"`
	Audience  audience `json:"aud"`
	Expires   int64    `json:"exp"`
	NotBefore int64    `json:"nbf"`
	ID        string   `json:"jti"`
	Account   string   `json:"sub"`
	Roles     []string `json:"roles"`
	Factors   []string `json:"amr"`
	Address   string   `json:"ip"`
	Request   string   `json:"rid"`
}

// VerifyAssertion returns the claims of a JWT for this audience from this issuer, the website's origin.
func VerifyAssertion(jwt string, keys []Key, issuer, wanted string, now int64) (Claims, error) {
	var claims Claims
	var header struct {
		Typ, Alg, Kid string
		Crit          json.RawMessage
	}
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return claims, errors.New("malformed")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || readPart(parts[0], &header) != nil {
		return claims, errors.New("malformed")
	}
	if header.Typ != "cloakroom+jwt" || header.Crit != nil {
		return claims, errors.New("wrong_type")
	}
	at := slices.IndexFunc(keys, func(key Key) bool { return key.Kid == header.Kid })
	if at < 0 {
		return claims, errors.New("unknown_key")
	}
	// By the key, never by what the JWT says of itself.
	if header.Alg != map[string]string{"OKP": "EdDSA", "EC": "ES256", "oct": "HS256"}[keys[at].Kty] {
		return claims, errors.New("algorithm_mismatch")
	}
	if !keys[at].holds([]byte(parts[0]+"."+parts[1]), signature) {
		return claims, errors.New("bad_signature")
	}
	if readPart(parts[1], &claims) != nil {
		return Claims{}, errors.New("malformed")
	}
	if claims.Issuer != issuer || !slices.Contains(claims.Audience, wanted) {
		return Claims{}, errors.New("not_for_us")
	}
	if claims.Expires <= now || claims.NotBefore > now {
		return Claims{}, errors.New("expired, or not valid yet")
	}
	return claims, nil
}

func readPart(part string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// audience is one text or several (RFC 7519 section 4.1.3).
type audience []string

func (own *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*own = audience{one}
		return nil
	}
	var several []string
	err := json.Unmarshal(text, &several)
	*own = several
	return err
}
