import java.io.BufferedReader;
import java.io.InputStreamReader;
import software.amazon.event.ruler.Ruler;

/** Reads a pattern and an event in turn, a line of JSON each, and prints for every two whether the event matches. */
public class Matches {
    public static void main(String[] arguments) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (var pattern = lines.readLine(); pattern != null; pattern = lines.readLine()) {
            System.out.println(Ruler.matchesRule(lines.readLine(), pattern));
        }
    }
}
