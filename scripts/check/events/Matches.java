import java.io.BufferedReader;
import java.io.InputStreamReader;
import software.amazon.event.ruler.Ruler;

/** Reads patterns and events in turn, one JSON line each, and prints for every pair whether the event matches. */
public class Matches {
    public static void main(String[] arguments) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (var pattern = lines.readLine(); pattern != null; pattern = lines.readLine()) {
            System.out.println(Ruler.matchesRule(lines.readLine(), pattern));
        }
    }
}
