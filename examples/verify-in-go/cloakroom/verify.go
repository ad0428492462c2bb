// Package cloakroom accepts requests that a Cloakroom gateway has signed (profile cloakroom-v1, RFC 9421 and RFC 9530).
// It needs the standard library alone.
package cloakroom

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const tag = `"cloakroom-v1"`

var (
	always      = []string{"@method", "@authority", "@path", "@query"}
	whenPresent = []string{"authorization", "cloakroom-context", "content-type", "content-encoding", "content-digest"}
	printable   = regexp.MustCompile(`^[\x20-\x7e\t]*$`)
	nonceShape  = regexp.MustCompile(`^[\x21-\x7e]{16,128}$`)
)

// Field is one field line; a field may have several.
type Field struct{ Name, Value string }

// Request is a request as it came: Path and Query as they stand on the request line, Query nil without a question mark.
type Request struct {
	Method, Authority, Path string
	Query                   *string
	Fields                  []Field
	Content                 []byte
}

// Spender remembers nonces: an error means used, or not known. Several processes need one store: Redis with SET NX EX.
type Spender interface {
	Spend(keyid, nonce string, expires, now int64) error
}

// Verifier says what an API demands. Authority is its host name in lower case.
type Verifier struct {
	Keys      []Key
	Authority string
	Nonces    Spender
	MaxAge    int64
}

// Verify returns the covered fields of an accepted request. The error is for the log; tell the caller nothing but 403.
func (v Verifier) Verify(request Request, now int64) (map[string]string, error) {
	if len(request.lines("host")) > 1 {
		return nil, errors.New("malformed: several Host fields")
	}
	if _, obsolete := request.value("digest"); obsolete {
		return nil, errors.New("weak_digest: the obsolete Digest field")
	}
	if strings.ToLower(request.Authority) != v.Authority {
		return nil, errors.New("wrong_authority")
	}
	signed, err := ourSignature(request)
	if err != nil {
		return nil, err
	}
	created, keyid, nonce, err := v.checkParameters(signed.parameters, now)
	if err != nil {
		return nil, err
	}
	base, covered, err := signatureBase(request, signed)
	if err != nil {
		return nil, err
	}
	if err := checkSignature(v.Keys, keyid, signed.parameters["alg"], []byte(base), signed.signature); err != nil {
		return nil, err
	}
	if err := checkDigest(request); err != nil {
		return nil, err
	}
	if err := v.Nonces.Spend(keyid, nonce, created+2*v.MaxAge, now); err != nil {
		return nil, err
	}
	return covered, nil
}

func (v Verifier) checkParameters(parameters map[string]string, now int64) (created int64, keyid, nonce string, err error) {
	created, okCreated := number(parameters["created"])
	expires, okExpires := number(parameters["expires"])
	nonce, okNonce := quoted(parameters["nonce"])
	keyid, okKeyid := quoted(parameters["keyid"])
	switch {
	case !okCreated || !okExpires || !okNonce || !okKeyid || !nonceShape.MatchString(nonce):
		err = errors.New("missing_parameter")
	case created > now+5:
		err = errors.New("from_the_future")
	case created < now-v.MaxAge:
		err = errors.New("too_old")
	case expires <= now:
		err = errors.New("expired")
	}
	return created, keyid, nonce, err
}

func signatureBase(request Request, signed received) (string, map[string]string, error) {
	required := slices.Clone(always)
	for _, name := range whenPresent {
		if _, present := request.value(name); present {
			required = append(required, name)
		}
	}
	for _, name := range required {
		if !slices.Contains(signed.names, name) {
			return "", nil, fmt.Errorf("insufficient_coverage: %s", name)
		}
	}
	covered := map[string]string{}
	var base strings.Builder
	for _, name := range signed.names {
		value, present := request.component(name)
		if !present || !printable.MatchString(value) {
			return "", nil, fmt.Errorf("missing_component: %s", name)
		}
		if !strings.HasPrefix(name, "@") {
			covered[name] = value
		}
		fmt.Fprintf(&base, "\"%s\": %s\n", name, value)
	}
	return base.String() + `"@signature-params": ` + signed.written, covered, nil
}

func (r Request) component(name string) (string, bool) {
	switch name {
	case "@method":
		return r.Method, true
	case "@authority":
		return strings.ToLower(r.Authority), true
	case "@path":
		if r.Path == "" {
			return "/", true
		}
		return r.Path, true
	case "@query":
		if r.Query == nil {
			return "?", true
		}
		return "?" + *r.Query, true
	}
	if strings.HasPrefix(name, "@") {
		return "", false
	}
	return r.value(name)
}

func (r Request) lines(name string) []string {
	var found []string
	for _, field := range r.Fields {
		if strings.EqualFold(field.Name, name) {
			found = append(found, strings.Trim(field.Value, " \t"))
		}
	}
	return found
}

func (r Request) value(name string) (string, bool) {
	found := r.lines(name)
	return strings.Join(found, ", "), len(found) > 0
}
