import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs Cloakroom.java over the test vectors: java CheckVectors FOLDER. Exit code 0 when all agree. */
@SuppressWarnings("unchecked")
final class CheckVectors {
  private static int ran = 0;
  private static int wrong = 0;

  public static void main(String[] words) throws Exception {
    requests((Map<String, Object>) Json.read(Files.readString(Path.of(words[0], "requests.json"))));
    windows((Map<String, Object>) Json.read(Files.readString(Path.of(words[0], "window-secrets.json"))));
    assertions((Map<String, Object>) Json.read(Files.readString(Path.of(words[0], "assertions.json"))));
    System.out.println((ran - wrong) + " of " + ran + " vectors agree");
    System.exit(wrong > 0 || ran == 0 ? 1 : 0);
  }

  private static void requests(Map<String, Object> vectors) throws Exception {
    long now = (Long) vectors.get("now");
    var keys = (List<Map<String, Object>>) vectors.get("keys");
    for (var each : (List<Map<String, Object>>) vectors.get("cases")) {
      Map<String, Long> spent = new HashMap<>();
      for (Object nonce : (List<Object>) each.get("spent")) for (var key : keys) spent.put(key.get("kid") + "\n" + nonce, now + 120);
      String outcome;
      try {
        Cloakroom.Nonces nonces = (keyid, nonce, expires, at) -> spent.putIfAbsent(keyid + "\n" + nonce, expires) == null;
        Cloakroom.verify(request(each), keys, (String) vectors.get("authority"), nonces, now);
        outcome = "accepted";
      } catch (Cloakroom.Refused refusal) {
        outcome = refusal.getMessage();
      }
      check(each.get("name") + ": expected " + each.get("expect") + ", got " + outcome, outcome.equals("accepted") == each.get("expect").equals("accepted"));
    }
  }

  private static Cloakroom.Request request(Map<String, Object> vector) {
    var sent = (Map<String, Object>) vector.get("request");
    var fields = ((List<List<String>>) sent.get("fields")).stream().map(line -> new Cloakroom.Field(line.get(0), line.get(1))).toList();
    String content = (String) vector.get("content");
    byte[] bytes = content == null ? new byte[0] : Base64.getDecoder().decode(content);
    return new Cloakroom.Request((String) sent.get("method"), (String) sent.get("authority"), (String) sent.get("path"), (String) sent.get("query"), fields, bytes);
  }

  private static void windows(Map<String, Object> vectors) throws Exception {
    byte[] root = Base64.getDecoder().decode((String) vectors.get("root"));
    for (var each : (List<Map<String, Object>>) vectors.get("cases")) {
      String secret = Cloakroom.windowSecret(root, (Long) each.get("windowSeconds"), (Long) each.get("at"));
      check("window secret at " + each.get("at"), secret.equals(each.get("secret")));
    }
    for (var each : (List<Map<String, Object>>) vectors.get("accepts")) {
      boolean accepted = Cloakroom.acceptsWindowSecret(
          (String) each.get("secret"), root, (Long) each.get("windowSeconds"), (Long) each.get("at"), (Long) each.get("tolerance"));
      check("window acceptance at " + each.get("at"), each.get("accepted").equals(accepted));
    }
  }

  private static void assertions(Map<String, Object> vectors) throws Exception {
    var keys = (List<Map<String, Object>>) vectors.get("keys");
    for (var each : (List<Map<String, Object>>) vectors.get("cases")) {
      boolean accepted;
      try {
        Assertion.verify((String) each.get("jwt"), keys, (String) vectors.get("issuer"), (String) vectors.get("audience"), (Long) vectors.get("now"));
        accepted = true;
      } catch (Cloakroom.Refused refusal) {
        accepted = false;
      }
      check("assertion " + each.get("name"), each.get("accepted").equals(accepted));
    }
  }

  private static void check(String name, boolean good) {
    ran++;
    if (good) return;
    wrong++;
    System.out.println("disagrees: " + name);
  }
}
