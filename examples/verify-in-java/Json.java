import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the test vectors, so that nobody needs a JSON library to run them. An app uses the one it has. */
final class Json {
  private final String text;
  private int at = 0;

  private Json(String text) {
    this.text = text;
  }

  static Object read(String text) {
    return new Json(text).value();
  }

  private Object value() {
    char next = peek();
    if (next == '{') return object();
    if (next == '[') return array();
    if (next == '"') return string();
    int start = at;
    while (at < text.length() && "+-.".indexOf(text.charAt(at)) >= 0 | Character.isLetterOrDigit(text.charAt(at))) at++;
    String word = text.substring(start, at);
    return switch (word) {
      case "null" -> null;
      case "true" -> true;
      case "false" -> false;
      default -> Long.valueOf(word);
    };
  }

  private Map<String, Object> object() {
    Map<String, Object> found = new LinkedHashMap<>();
    for (at++; peek() != '}'; ) {
      String name = string();
      expect(':');
      found.put(name, value());
      if (peek() == ',') at++;
    }
    at++;
    return found;
  }

  private List<Object> array() {
    List<Object> found = new ArrayList<>();
    for (at++; peek() != ']'; ) {
      found.add(value());
      if (peek() == ',') at++;
    }
    at++;
    return found;
  }

  private String string() {
    expect('"');
    StringBuilder found = new StringBuilder();
    while (text.charAt(at) != '"') {
      char each = text.charAt(at++);
      if (each != '\\') {
        found.append(each);
        continue;
      }
      char escaped = text.charAt(at++);
      switch (escaped) {
        case 'n' -> found.append('\n');
        case 't' -> found.append('\t');
        case 'r' -> found.append('\r');
        case 'u' -> {
          found.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
          at += 4;
        }
        default -> found.append(escaped);
      }
    }
    at++;
    return found.toString();
  }

  private void expect(char wanted) {
    if (peek() != wanted) throw new IllegalArgumentException("expected " + wanted + " at " + at);
    at++;
  }

  private char peek() {
    while (Character.isWhitespace(text.charAt(at))) at++;
    return text.charAt(at);
  }
}
