import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Accepts requests that a Cloakroom gateway has signed (profile cloakroom-v1, RFC 9421, RFC 9530). Java 17, no other library. */
final class Cloakroom {
  /** Why, for the log. Tell the caller nothing but 403. */
  static final class Refused extends Exception {
    Refused(String reason) {
      super(reason);
    }
  }

  record Field(String name, String value) {}

  /** A request as it came; query is null without a question mark. */
  record Request(String method, String authority, String path, String query, List<Field> fields, byte[] content) {
    List<String> lines(String name) {
      return fields.stream().filter(field -> field.name().equalsIgnoreCase(name)).map(field -> trim(field.value())).toList();
    }

    String value(String name) {
      List<String> found = lines(name);
      return found.isEmpty() ? null : String.join(", ", found);
    }
  }

  /** True exactly once for a key and a nonce. Several processes need one store: Redis with SET NX EX. */
  interface Nonces {
    boolean spend(String keyid, String nonce, long expires, long now) throws Refused;
  }

  private record Member(String written, String items, String rest) {}

  private static final String TAG = "\"cloakroom-v1\"";
  private static final List<String> ALWAYS = List.of("@method", "@authority", "@path", "@query");
  private static final List<String> WHEN_PRESENT =
      List.of("authorization", "cloakroom-context", "content-type", "content-encoding", "content-digest");
  private static final Set<String> OBSOLETE = Set.of("md5", "sha", "unixsum", "unixcksum", "adler", "crc32c");
  private static final String LABEL = "[a-z*][a-z0-9_.*-]*";
  private static final String STRING = "\"[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]*\"";
  private static final String PARAMETER = ";" + LABEL + "(?:=(?:" + STRING + "|-?[0-9]{1,15}|[A-Za-z*][A-Za-z0-9_.:/*-]*))?";
  // Groups in all three: 1 label, 2 all behind the equals sign, 3 the inside, 4 the parameters.
  private static final Pattern INPUT = Pattern.compile("(" + LABEL + ")=(\\(((?:" + STRING + "|[^\"()])*+)\\)((?:" + PARAMETER + ")*+))");
  private static final Pattern BYTES = Pattern.compile("(" + LABEL + ")=(:([A-Za-z0-9+/]*={0,2}):)()");
  private static final Pattern DIGEST = Pattern.compile("(" + LABEL + ")=((?::([A-Za-z0-9+/]*={0,2}):|[0-9]+))()");
  private static final Pattern ONE_PARAMETER = Pattern.compile(";(" + LABEL + ")(?:=(" + STRING + "|[^;]*))?");
  private static final Pattern COMPONENT = Pattern.compile("\"(@?[a-z0-9!#$%&'*+.^_`|~-]+)\"");
  private static final Pattern COMMA = Pattern.compile("[ \\t]*,[ \\t]*");

  /** Returns the covered fields of an accepted request. Keys are JWKs as maps; now is in Unix seconds. */
  static Map<String, String> verify(Request request, List<Map<String, Object>> keys, String authority, Nonces nonces, long now)
      throws Refused, GeneralSecurityException {
    final long maxAge = 60;
    if (request.lines("host").size() > 1) throw new Refused("malformed");
    if (request.value("digest") != null) throw new Refused("weak_digest");
    if (!request.authority().toLowerCase(Locale.ROOT).equals(authority)) throw new Refused("wrong_authority");
    Map<String, Member> inputs = members(INPUT, request.value("signature-input"));
    Map<String, Member> signatures = members(BYTES, request.value("signature"));
    List<String> ours = new ArrayList<>();
    for (var each : inputs.entrySet()) if (TAG.equals(parameters(each.getValue().rest()).get("tag"))) ours.add(each.getKey());
    if (ours.size() != 1 || !signatures.containsKey(ours.get(0))) throw new Refused("unsigned, or several signatures with our tag");
    Member input = inputs.get(ours.get(0));
    Map<String, String> parameters = parameters(input.rest());
    long created = number(parameters.get("created"));
    long expires = number(parameters.get("expires"));
    String nonce = quoted(parameters.get("nonce"));
    String keyid = quoted(parameters.get("keyid"));
    if (!nonce.matches("[\\x21-\\x7e]{16,128}")) throw new Refused("missing_parameter");
    if (created > now + 5) throw new Refused("from_the_future");
    if (created < now - maxAge) throw new Refused("too_old");
    if (expires <= now) throw new Refused("expired");
    List<String> names = components(input.items());
    for (String name : ALWAYS) if (!names.contains(name)) throw new Refused("insufficient_coverage");
    for (String name : WHEN_PRESENT) if (request.value(name) != null && !names.contains(name)) throw new Refused("insufficient_coverage");
    Map<String, String> covered = new LinkedHashMap<>();
    for (String name : names) covered.put(name, component(request, name));
    String base = covered.entrySet().stream().map(each -> "\"" + each.getKey() + "\": " + each.getValue() + "\n").collect(Collectors.joining())
        + "\"@signature-params\": " + input.written();
    Map<String, Object> key = keys.stream().filter(each -> keyid.equals(each.get("kid"))).findFirst().orElse(null);
    if (key == null) throw new Refused("unknown_key");
    checkSignature(key, parameters.get("alg"), base.getBytes(StandardCharsets.US_ASCII), unbase64(signatures.get(ours.get(0)).items()));
    checkDigest(request);
    if (!nonces.spend(keyid, nonce, created + 2 * maxAge, now)) throw new Refused("replayed");
    covered.keySet().removeIf(name -> name.startsWith("@"));
    return covered;
  }

  /** Reads a dictionary to its last character; one that says a label twice is refused. */
  private static Map<String, Member> members(Pattern pattern, String value) throws Refused {
    if (value == null || value.length() > 8192) throw new Refused("unsigned");
    Map<String, Member> found = new LinkedHashMap<>();
    int at = 0;
    while (true) {
      var match = pattern.matcher(value).region(at, value.length());
      if (!match.lookingAt()) throw new Refused("malformed");
      if (found.put(match.group(1), new Member(match.group(2), match.group(3), match.group(4))) != null) throw new Refused("malformed");
      if (match.end() == value.length()) return found;
      var comma = COMMA.matcher(value).region(match.end(), value.length());
      if (!comma.lookingAt()) throw new Refused("malformed");
      at = comma.end();
    }
  }

  private static Map<String, String> parameters(String written) throws Refused {
    Map<String, String> found = new HashMap<>();
    var match = ONE_PARAMETER.matcher(written);
    while (match.find()) {
      if (found.containsKey(match.group(1))) throw new Refused("malformed");
      found.put(match.group(1), match.group(2));
    }
    return found;
  }

  private static List<String> components(String items) throws Refused {
    List<String> names = new ArrayList<>();
    for (String item : items.split(" ", -1)) {
      var match = COMPONENT.matcher(item);
      if (!match.matches() || names.contains(match.group(1))) throw new Refused("malformed");
      names.add(match.group(1));
    }
    return names;
  }

  private static String component(Request request, String name) throws Refused {
    String value = switch (name) {
      case "@method" -> request.method();
      case "@authority" -> request.authority().toLowerCase(Locale.ROOT);
      case "@path" -> request.path().isEmpty() ? "/" : request.path();
      case "@query" -> "?" + (request.query() == null ? "" : request.query());
      default -> name.startsWith("@") ? null : request.value(name);
    };
    if (value == null || !value.matches("[\\x20-\\x7e\\t]*")) throw new Refused("missing_component");
    return value;
  }

  static void checkSignature(Map<String, Object> key, String alg, byte[] base, byte[] signature) throws Refused, GeneralSecurityException {
    String type = (String) key.get("kty");
    String algorithm = Map.of("OKP", "ed25519", "EC", "ecdsa-p256-sha256", "oct", "hmac-sha256").get(type);
    if (alg != null && !alg.equals("\"" + algorithm + "\"")) throw new Refused("algorithm_mismatch");
    if (type.equals("oct")) {
      if (!MessageDigest.isEqual(hmac(unbase64url(key.get("k")), base), signature)) throw new Refused("bad_signature");
      return;
    }
    if (signature.length != 64) throw new Refused("bad_signature");
    Signature verifier = Signature.getInstance(type.equals("OKP") ? "Ed25519" : "SHA256withECDSAinP1363Format");
    verifier.initVerify(type.equals("OKP") ? ed25519(unbase64url(key.get("x"))) : p256(unbase64url(key.get("x")), unbase64url(key.get("y"))));
    verifier.update(base);
    if (!verifier.verify(signature)) throw new Refused("bad_signature");
  }

  private static PublicKey ed25519(byte[] x) throws GeneralSecurityException {
    // The DER head of an Ed25519 SubjectPublicKeyInfo, RFC 8410 section 10.1; the 32 bytes of the key follow.
    byte[] head = HexFormat.of().parseHex("302a300506032b6570032100");
    byte[] encoded = new byte[head.length + x.length];
    System.arraycopy(head, 0, encoded, 0, head.length);
    System.arraycopy(x, 0, encoded, head.length, x.length);
    return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
  }

  private static PublicKey p256(byte[] x, byte[] y) throws GeneralSecurityException {
    AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
    curve.init(new ECGenParameterSpec("secp256r1"));
    ECPoint point = new ECPoint(new BigInteger(1, x), new BigInteger(1, y));
    return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, curve.getParameterSpec(ECParameterSpec.class)));
  }

  private static void checkDigest(Request request) throws Refused, GeneralSecurityException {
    String value = request.value("content-digest");
    if (value == null) {
      if (request.content().length > 0) throw new Refused("insufficient_coverage");
      return;
    }
    int checked = 0;
    for (var each : members(DIGEST, value).entrySet()) {
      if (OBSOLETE.contains(each.getKey())) throw new Refused("weak_digest");
      if (!each.getKey().equals("sha-256") && !each.getKey().equals("sha-512")) continue;
      byte[] own = MessageDigest.getInstance(each.getKey().toUpperCase(Locale.ROOT)).digest(request.content());
      String claimed = each.getValue().items();
      if (claimed == null || !MessageDigest.isEqual(unbase64(claimed), own)) throw new Refused("digest_mismatch");
      checked++;
    }
    if (checked == 0) throw new Refused("missing_digest");
  }

  /** The secret of one time window, for an API that compares a string. */
  static String windowSecret(byte[] root, long windowSeconds, long at) throws GeneralSecurityException {
    String text = "cloakroom-window-v1\n" + windowSeconds + "\n" + Math.floorDiv(at, windowSeconds);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(hmac(root, text.getBytes(StandardCharsets.US_ASCII)));
  }

  static boolean acceptsWindowSecret(String presented, byte[] root, long windowSeconds, long at, long tolerance) throws GeneralSecurityException {
    boolean accepted = false;
    for (long offset = -tolerance; offset <= tolerance; offset++) {
      String own = windowSecret(root, windowSeconds, at + offset * windowSeconds);
      accepted |= MessageDigest.isEqual(presented.getBytes(StandardCharsets.UTF_8), own.getBytes(StandardCharsets.UTF_8));
    }
    return accepted;
  }

  private static byte[] hmac(byte[] secret, byte[] message) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    return mac.doFinal(message);
  }

  private static long number(String written) throws Refused {
    if (written == null || !written.matches("[1-9][0-9]{0,14}")) throw new Refused("missing_parameter");
    return Long.parseLong(written);
  }

  private static String quoted(String written) throws Refused {
    if (written == null || !written.startsWith("\"") || written.length() < 3) throw new Refused("missing_parameter");
    return written.substring(1, written.length() - 1);
  }

  private static byte[] unbase64(String text) throws Refused {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException error) {
      throw new Refused("malformed");
    }
  }

  static byte[] unbase64url(Object text) {
    return Base64.getUrlDecoder().decode((String) text);
  }

  private static String trim(String value) {
    return value.replaceAll("^[ \\t]+|[ \\t]+$", "");
  }

  private Cloakroom() {}
}
