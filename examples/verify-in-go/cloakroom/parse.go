package cloakroom

import (
	"encoding/base64"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	label     = `[a-z*][a-z0-9_.*-]*`
	text      = `"[\x20\x21\x23-\x5b\x5d-\x7e]*"`
	parameter = `;` + label + `(?:=(?:` + text + `|-?[0-9]{1,15}|[A-Za-z*][A-Za-z0-9_.:/*-]*))?`
)

var (
	inputMember     = regexp.MustCompile(`^(` + label + `)=(\(((?:` + text + `|[^"()])*)\)((?:` + parameter + `)*))`)
	signatureMember = regexp.MustCompile(`^(` + label + `)=:([A-Za-z0-9+/]*={0,2}):`)
	digestMember    = regexp.MustCompile(`^(` + label + `)=(?::([A-Za-z0-9+/]*={0,2}):|[0-9]+)`)
	oneParameter    = regexp.MustCompile(`;(` + label + `)(?:=(` + text + `|[^;]*))?`)
	oneComponent    = regexp.MustCompile("^\"(@?[a-z0-9!#$%&'*+.^_`|~-]+)\"$")
	comma           = regexp.MustCompile(`^[ \t]*,[ \t]*`)
	whole           = regexp.MustCompile(`^[1-9][0-9]{0,14}$`)
)

type received struct {
	written    string
	names      []string
	parameters map[string]string
	signature  []byte
}

func ourSignature(request Request) (received, error) {
	inputField, hasInput := request.value("signature-input")
	signatureField, hasSignature := request.value("signature")
	if !hasInput || !hasSignature {
		return received{}, errors.New("unsigned")
	}
	inputs, err := members(inputMember, inputField)
	if err != nil {
		return received{}, err
	}
	signatures, err := members(signatureMember, signatureField)
	if err != nil {
		return received{}, err
	}
	var ours [][]string
	for _, member := range inputs {
		parameters, err := parametersOf(member[4])
		if err != nil {
			return received{}, err
		}
		if parameters["tag"] == tag {
			ours = append(ours, member)
		}
	}
	if len(ours) != 1 {
		return received{}, errors.New("unsigned, or several signatures with our tag")
	}
	at := slices.IndexFunc(signatures, func(member []string) bool { return member[1] == ours[0][1] })
	if at < 0 {
		return received{}, errors.New("unsigned")
	}
	return open(ours[0], signatures[at][2])
}

func open(member []string, signature string) (received, error) {
	var names []string
	for _, item := range strings.Split(member[3], " ") {
		found := oneComponent.FindStringSubmatch(item)
		if found == nil || slices.Contains(names, found[1]) {
			return received{}, errors.New("malformed: components")
		}
		names = append(names, found[1])
	}
	bytes, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return received{}, errors.New("malformed: signature")
	}
	parameters, err := parametersOf(member[4])
	return received{member[2], names, parameters, bytes}, err
}

// members reads a dictionary to its last character; one that says a label twice is refused.
func members(pattern *regexp.Regexp, value string) ([][]string, error) {
	var found [][]string
	for rest := value; ; {
		match := pattern.FindStringSubmatch(rest)
		if match == nil || len(value) > 8192 {
			return nil, errors.New("malformed: dictionary")
		}
		if slices.ContainsFunc(found, func(member []string) bool { return member[1] == match[1] }) {
			return nil, errors.New("malformed: a label twice")
		}
		found = append(found, match)
		rest = rest[len(match[0]):]
		if rest == "" {
			return found, nil
		}
		between := comma.FindString(rest)
		if between == "" {
			return nil, errors.New("malformed: dictionary")
		}
		rest = rest[len(between):]
	}
}

func parametersOf(written string) (map[string]string, error) {
	found := map[string]string{}
	for _, match := range oneParameter.FindAllStringSubmatch(written, -1) {
		if _, twice := found[match[1]]; twice {
			return nil, errors.New("malformed: a parameter twice")
		}
		found[match[1]] = match[2]
	}
	return found, nil
}

func number(written string) (int64, bool) {
	if !whole.MatchString(written) {
		return 0, false
	}
	value, err := strconv.ParseInt(written, 10, 64)
	return value, err == nil
}

func quoted(written string) (string, bool) {
	if len(written) < 3 || written[0] != '"' {
		return "", false
	}
	return written[1 : len(written)-1], true
}
