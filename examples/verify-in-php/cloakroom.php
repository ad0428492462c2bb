<?php
declare(strict_types=1);

// Accepts requests that a Cloakroom gateway has signed (profile cloakroom-v1, RFC 9421 and RFC 9530).
// PHP 8.1 with the extensions sodium (Ed25519) and openssl (ECDSA); HMAC needs neither.

namespace Cloakroom;

/** Why, for the log. Tell the caller nothing but 403. */
final class Refused extends \Exception {}

/** A request as it came: path and query as they stand on the request line, fields as [name, value] lines. */
final class Request
{
    public function __construct(
        public readonly string $method,
        public readonly string $authority,
        public readonly string $path,
        public readonly ?string $query,
        public readonly array $fields,
        public readonly string $content = '',
    ) {}

    public function lines(string $name): array
    {
        $same = array_filter($this->fields, fn(array $line) => strtolower($line[0]) === $name);
        return array_values(array_map(fn(array $line) => trim($line[1], " \t"), $same));
    }

    public function value(string $name): ?string
    {
        $found = $this->lines($name);
        return $found === [] ? null : implode(', ', $found);
    }
}

const TAG = '"cloakroom-v1"';
const ALWAYS = ['@method', '@authority', '@path', '@query'];
const WHEN_PRESENT = ['authorization', 'cloakroom-context', 'content-type', 'content-encoding', 'content-digest'];
const OBSOLETE = ['md5', 'sha', 'unixsum', 'unixcksum', 'adler', 'crc32c'];
const LABEL = '[a-z*][a-z0-9_.*-]*';
const STRING = '"[\x20\x21\x23-\x5b\x5d-\x7e]*"';
const PARAMETER = ';' . LABEL . '(?:=(?:' . STRING . '|-?[0-9]{1,15}|[A-Za-z*][A-Za-z0-9_.:\/*-]*))?';
// Groups in all three: 1 label, 2 all behind the equals sign, 3 the inside, 4 the parameters.
const INPUT = '/\G(' . LABEL . ')=(\(((?:' . STRING . '|[^"()])*+)\)((?:' . PARAMETER . ')*+))/';
const BYTES = '/\G(' . LABEL . ')=(:([A-Za-z0-9+\/]*={0,2}):)()/';
const DIGEST = '/\G(' . LABEL . ')=((?::([A-Za-z0-9+\/]*={0,2}):|[0-9]+))()/';

/**
 * Returns the covered fields of an accepted request, or throws. $keys is a list of JWKs as arrays. $spend(keyid, nonce, expires, now)
 * is true exactly once; PHP processes share no memory, so it asks Redis (SET NX EX), APCu (apcu_add) or a table with a unique key.
 */
function verify(Request $request, array $keys, string $authority, callable $spend, int $now, int $maxAge = 60): array
{
    if (count($request->lines('host')) > 1) throw new Refused('malformed');
    if ($request->value('digest') !== null) throw new Refused('weak_digest');
    if (strtolower($request->authority) !== $authority) throw new Refused('wrong_authority');
    [$input, $signature] = our_signature($request);
    $parameters = parameters($input[4]);
    $created = number($parameters, 'created');
    $expires = number($parameters, 'expires');
    $nonce = quoted($parameters, 'nonce');
    $keyid = quoted($parameters, 'keyid');
    if (!preg_match('/\A[\x21-\x7e]{16,128}\z/', $nonce)) throw new Refused('missing_parameter');
    if ($created > $now + 5) throw new Refused('from_the_future');
    if ($created < $now - $maxAge) throw new Refused('too_old');
    if ($expires <= $now) throw new Refused('expired');
    $names = components($input[3]);
    $present = array_filter(WHEN_PRESENT, fn(string $name) => $request->value($name) !== null);
    if (array_diff([...ALWAYS, ...$present], $names) !== []) throw new Refused('insufficient_coverage');
    $base = '';
    foreach ($names as $name) $base .= "\"$name\": " . component($request, $name) . "\n";
    $base .= '"@signature-params": ' . $input[2];
    check_signature(find_key($keys, $keyid), $parameters['alg'] ?? null, $base, $signature);
    check_digest($request);
    if ($spend($keyid, $nonce, $created + 2 * $maxAge, $now) !== true) throw new Refused('replayed');
    $fields = array_filter($names, fn(string $name) => $name[0] !== '@');
    return array_combine($fields, array_map(fn(string $name) => $request->value($name), $fields));
}

function our_signature(Request $request): array
{
    $inputs = members(INPUT, $request->value('signature-input'));
    $signatures = members(BYTES, $request->value('signature'));
    $ours = array_filter($inputs, fn(array $member) => (parameters($member[4])['tag'] ?? null) === TAG);
    $label = array_key_first($ours);
    if (count($ours) !== 1 || !isset($signatures[$label])) throw new Refused('unsigned, or several signatures with our tag');
    return [$ours[$label], unbase64($signatures[$label][3])];
}

/** Reads a dictionary to its last character; one that says a label twice is refused. */
function members(string $pattern, ?string $value): array
{
    if ($value === null || strlen($value) > 8192) throw new Refused('unsigned');
    for ($found = [], $at = 0; ; $at += strlen($comma[0])) {
        if (!preg_match($pattern, $value, $match, 0, $at) || isset($found[$match[1]])) throw new Refused('malformed');
        $found[$match[1]] = $match;
        $at += strlen($match[0]);
        if ($at === strlen($value)) return $found;
        if (!preg_match('/\G[ \t]*,[ \t]*/', $value, $comma, 0, $at)) throw new Refused('malformed');
    }
}

function parameters(string $written): array
{
    preg_match_all('/;(' . LABEL . ')(?:=(' . STRING . '|[^;]*))?/', $written, $all, PREG_SET_ORDER);
    $found = [];
    foreach ($all as $match) {
        if (array_key_exists($match[1], $found)) throw new Refused('malformed');
        $found[$match[1]] = $match[2] ?? null;
    }
    return $found;
}

function components(string $items): array
{
    $names = [];
    foreach (explode(' ', $items) as $item) {
        if (!preg_match('/\A"(@?[a-z0-9!#$%&\'*+.^_`|~-]+)"\z/', $item, $match) || in_array($match[1], $names, true)) throw new Refused('malformed');
        $names[] = $match[1];
    }
    return $names;
}

function component(Request $request, string $name): string
{
    $value = match (true) {
        $name === '@method' => $request->method,
        $name === '@authority' => strtolower($request->authority),
        $name === '@path' => $request->path === '' ? '/' : $request->path,
        $name === '@query' => '?' . ($request->query ?? ''),
        $name[0] === '@' => null,
        default => $request->value($name),
    };
    if ($value === null || !preg_match('/\A[\x20-\x7e\t]*\z/', $value)) throw new Refused('missing_component');
    return $value;
}

function find_key(array $keys, string $keyid): array
{
    foreach ($keys as $key) if (($key['kid'] ?? null) === $keyid) return $key;
    throw new Refused('unknown_key');
}

function check_signature(array $key, ?string $alg, string $base, string $signature): void
{
    $algorithm = ['OKP' => 'ed25519', 'EC' => 'ecdsa-p256-sha256', 'oct' => 'hmac-sha256'][$key['kty']] ?? '';
    if ($alg !== null && $alg !== "\"$algorithm\"") throw new Refused('algorithm_mismatch');
    $holds = match ($algorithm) {
        'hmac-sha256' => hash_equals(hash_hmac('sha256', $base, unbase64url($key['k']), true), $signature),
        'ed25519' => strlen($signature) === 64 && sodium_crypto_sign_verify_detached($signature, $base, unbase64url($key['x'])),
        'ecdsa-p256-sha256' => strlen($signature) === 64 && openssl_verify($base, ecdsa_der($signature), p256_pem($key), OPENSSL_ALGO_SHA256) === 1,
        default => false,
    };
    if ($holds !== true) throw new Refused('bad_signature');
}

/** r and s side by side, as RFC 9421 has them, into the DER that openssl reads. */
function ecdsa_der(string $signature): string
{
    $parts = '';
    foreach (str_split($signature, 32) as $half) {
        $number = ltrim($half, "\0");
        if ($number === '' || ord($number[0]) >= 0x80) $number = "\0" . $number;
        $parts .= "\x02" . chr(strlen($number)) . $number;
    }
    return "\x30" . chr(strlen($parts)) . $parts;
}

function p256_pem(array $key): string
{
    // The DER head of a P-256 SubjectPublicKeyInfo (RFC 5480) and the mark of an uncompressed point; x and y follow.
    $head = hex2bin('3059301306072a8648ce3d020106082a8648ce3d03010703420004');
    $encoded = base64_encode($head . unbase64url($key['x']) . unbase64url($key['y']));
    return "-----BEGIN PUBLIC KEY-----\n" . chunk_split($encoded, 64, "\n") . "-----END PUBLIC KEY-----\n";
}

function check_digest(Request $request): void
{
    $value = $request->value('content-digest');
    if ($value === null) {
        if ($request->content !== '') throw new Refused('insufficient_coverage');
        return;
    }
    $checked = 0;
    foreach (members(DIGEST, $value) as $name => $member) {
        if (in_array($name, OBSOLETE, true)) throw new Refused('weak_digest');
        if ($name !== 'sha-256' && $name !== 'sha-512') continue;
        $own = hash(str_replace('-', '', $name), $request->content, true);
        if (!hash_equals($own, unbase64($member[3]))) throw new Refused('digest_mismatch');
        $checked++;
    }
    if ($checked === 0) throw new Refused('missing_digest');
}

/** The secret of one time window, for an API that compares a string. */
function window_secret(string $root, int $windowSeconds, int $at): string
{
    $text = "cloakroom-window-v1\n$windowSeconds\n" . intdiv($at, $windowSeconds);
    return rtrim(strtr(base64_encode(hash_hmac('sha256', $text, $root, true)), '+/', '-_'), '=');
}

function accepts_window_secret(string $presented, string $root, int $windowSeconds, int $at, int $tolerance = 1): bool
{
    $accepted = false;
    for ($offset = -$tolerance; $offset <= $tolerance; $offset++) {
        $accepted = hash_equals(window_secret($root, $windowSeconds, $at + $offset * $windowSeconds), $presented) || $accepted;
    }
    return $accepted;
}

function number(array $parameters, string $name): int
{
    if (!preg_match('/\A[1-9][0-9]{0,14}\z/', $parameters[$name] ?? '')) throw new Refused('missing_parameter');
    return (int) $parameters[$name];
}

function quoted(array $parameters, string $name): string
{
    $value = $parameters[$name] ?? '';
    if (strlen($value) < 3 || $value[0] !== '"') throw new Refused('missing_parameter');
    return substr($value, 1, -1);
}

function unbase64(string $text): string
{
    $bytes = base64_decode($text, true);
    if ($bytes === false) throw new Refused('malformed');
    return $bytes;
}

function unbase64url(string $text): string
{
    return unbase64(strtr($text, '-_', '+/'));
}
