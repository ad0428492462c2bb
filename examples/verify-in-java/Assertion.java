import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Accepts the JWT that a Cloakroom gateway puts on each request (`assertion` in cloakroom.yaml, RFC 7519). Needs Cloakroom.java and Json.java. */
final class Assertion {
  private static final Pattern COMPACT = Pattern.compile("([\\w-]+)\\.([\\w-]+)\\.([\\w-]+)");
  private static final Map<String, String> ALGORITHMS = Map.of("OKP", "EdDSA", "EC", "ES256", "oct", "HS256");

  /** Its claims. `keys` are JWKs, `issuer` is the website's origin, `audience` what cloakroom.yaml says. */
  static Map<String, Object> verify(String jwt, List<Map<String, Object>> keys, String issuer, String audience, long now)
      throws Cloakroom.Refused, GeneralSecurityException {
    Matcher parts = COMPACT.matcher(jwt);
    if (!parts.matches()) throw new Cloakroom.Refused("malformed");
    Map<String, Object> header = object(parts.group(1));
    if (!"cloakroom+jwt".equals(header.get("typ")) || header.containsKey("crit")) throw new Cloakroom.Refused("wrong_type");
    Map<String, Object> key = keys.stream().filter(each -> each.get("kid").equals(header.get("kid"))).findFirst().orElse(null);
    if (key == null) throw new Cloakroom.Refused("unknown_key");
    // By the key, never by what the JWT says of itself.
    if (!ALGORITHMS.get((String) key.get("kty")).equals(header.get("alg"))) throw new Cloakroom.Refused("algorithm_mismatch");
    byte[] signed = (parts.group(1) + "." + parts.group(2)).getBytes(StandardCharsets.US_ASCII);
    Cloakroom.checkSignature(key, null, signed, bytes(parts.group(3)));
    Map<String, Object> claims = object(parts.group(2));
    boolean forUs = claims.get("aud") instanceof List<?> several ? several.contains(audience) : audience.equals(claims.get("aud"));
    if (!issuer.equals(claims.get("iss")) || !forUs) throw new Cloakroom.Refused("not_for_us");
    if (!(claims.get("exp") instanceof Long expires) || expires <= now) throw new Cloakroom.Refused("expired");
    if (claims.containsKey("nbf") && !(claims.get("nbf") instanceof Long begins && begins <= now)) throw new Cloakroom.Refused("from_the_future");
    return claims;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(String part) throws Cloakroom.Refused {
    Object value;
    try {
      value = Json.read(new String(bytes(part), StandardCharsets.UTF_8));
    } catch (RuntimeException error) {
      throw new Cloakroom.Refused("malformed");
    }
    if (!(value instanceof Map)) throw new Cloakroom.Refused("malformed");
    return (Map<String, Object>) value;
  }

  private static byte[] bytes(String part) throws Cloakroom.Refused {
    try {
      return Cloakroom.unbase64url(part);
    } catch (IllegalArgumentException error) {
      throw new Cloakroom.Refused("malformed");
    }
  }

  private Assertion() {}
}
