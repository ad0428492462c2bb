<?php
declare(strict_types=1);

// Accepts the JWT that a Cloakroom gateway puts on each request (`assertion` in cloakroom.yaml, RFC 7519). Stands beside cloakroom.php.

namespace Cloakroom;

require_once __DIR__ . '/cloakroom.php';

/** Returns its claims, or throws. $keys is a list of JWKs as arrays, $issuer the website's origin, $audience what cloakroom.yaml says. */
function verify_assertion(string $jwt, array $keys, string $issuer, string $audience, int $now): array
{
    if (!preg_match('/\A([\w-]+)\.([\w-]+)\.([\w-]+)\z/', $jwt, $parts)) throw new Refused('malformed');
    [, $head, $body, $signature] = $parts;
    $header = json_object($head);
    if (($header['typ'] ?? null) !== 'cloakroom+jwt' || isset($header['crit'])) throw new Refused('wrong_type');
    $kid = $header['kid'] ?? null;
    $key = find_key($keys, is_string($kid) ? $kid : '');
    // By the key, never by what the JWT says of itself.
    $algorithm = ['OKP' => 'EdDSA', 'EC' => 'ES256', 'oct' => 'HS256'][$key['kty']] ?? '';
    if (($header['alg'] ?? null) !== $algorithm) throw new Refused('algorithm_mismatch');
    check_signature($key, null, "$head.$body", unbase64url($signature));
    $claims = json_object($body);
    $audiences = $claims['aud'] ?? null;
    if (($claims['iss'] ?? null) !== $issuer || !in_array($audience, is_array($audiences) ? $audiences : [$audiences], true)) throw new Refused('not_for_us');
    if (!is_int($claims['exp'] ?? null) || $claims['exp'] <= $now) throw new Refused('expired');
    if (!is_int($claims['nbf'] ?? 0) || ($claims['nbf'] ?? 0) > $now) throw new Refused('from_the_future');
    return $claims;
}

function json_object(string $part): array
{
    $text = unbase64url($part);
    $value = json_decode($text, true);
    if (!is_array($value) || $text[0] !== '{') throw new Refused('malformed');
    return $value;
}
