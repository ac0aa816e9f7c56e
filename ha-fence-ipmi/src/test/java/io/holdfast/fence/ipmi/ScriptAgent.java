package io.holdfast.fence.ipmi;

import io.holdfast.api.PowerState;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A small fence agent in shell that behaves as the file {@code mode} says and notes what it was
 * given. Uses no program of its own for reading, so that it shows nothing in the process list.
 */
final class ScriptAgent {
  static final String PASSWORD = "p&ss'w\"o\\rd 7";

  private final ScriptFiles files;
  private final Path path;

  ScriptAgent(Path directory) throws IOException {
    files = new ScriptFiles(directory);
    files.write("password", PASSWORD);
    path = files.script("fence_script", SCRIPT);
    setPower(PowerState.ON);
    setMode("ok");
  }

  Path path() {
    return path;
  }

  FenceAgentDevice.Builder device(String password) {
    return FenceAgentDevice.builder("script-host1")
        .agent(path().toString())
        .option("ip", "192.0.2.1")
        .option("password", password);
  }

  /** What it reads and what it leaves: {@code input}, {@code pids}, {@code commands}, ... */
  ScriptFiles files() {
    return files;
  }

  PowerState power() {
    return files.read("power").strip().equals("on") ? PowerState.ON : PowerState.OFF;
  }

  void setPower(PowerState state) {
    files.write("power", state == PowerState.ON ? "on" : "off");
  }

  void setMode(String mode) {
    files.write("mode", mode);
  }

  /** Every run ends with this code after these words, whatever it was asked for. */
  void setWords(int code, String words) {
    files.write("words", words);
    setMode("says " + code);
  }

  private static final String SCRIPT =
      """
      #!/bin/sh
      cd '@DIR@' || exit 1
      say() {
        printf '%s\\n' "$1"
      }
      read -r mode seconds < mode
      [ "$mode" = deaf ] && echo "Status: OFF" && exit 2
      echo "$#" > arguments
      env > environment
      : > input
      while IFS= read -r line; do
        printf '%s\\n' "$line" >> input
        case "$line" in
          action=*) action=${line#action=} ;;
          password=*) password=${line#password=} ;;
        esac
      done
      IFS= read -r expected < password
      if [ "$password" != "$expected" ]; then
        say "ERROR: login failed for password $password" >&2
        exit 1
      fi
      if [ "$action" = status ] && [ -e dead ]; then
        echo "ERROR: Connection timed out" >&2
        exit 1
      fi
      if [ "$mode" = once ] && mkdir unanswered 2> /dev/null; then
        mode=mute
      fi
      case "$mode" in
        mute) echo "$$" > pids; sleep 300 & echo "$!" >> pids; wait ;;
        flood) while :; do say "words words words $password"; done ;;
        code) say "$password and more" >&2; exit "$seconds" ;;
        unreachable) echo "ERROR: Unable to connect/login to fencing device" >&2; exit 1 ;;
        garbage) printf '\\001\\377\\033[31m\\n\\n%s\\n' "$password"; exit 77 ;;
        holds) echo "Status: OFF"; sleep 300 & echo "$!" > pids; exit 2 ;;
        says) while IFS= read -r word; do say "$word"; done < words; exit "$seconds" ;;
      esac
      if [ "$action" = status ]; then
        read -r power < power
        [ "$power" = on ] && echo "Status: ON" && exit 0
        echo "Status: OFF"
        exit 2
      fi
      echo "$action" >> commands
      case "$mode" in
        ok | once) echo "$action" > power ;;
        lies) ;;
        breaks) echo "says 2" > mode ;;
        refuse) say "ERROR: Failed: cannot do that, $password" >&2; exit 1 ;;
        slow) ( sleep "$seconds"; echo "$action" > power ) > /dev/null 2>&1 < /dev/null & ;;
        dies) : > dead; echo "ERROR: Connection lost" >&2; exit 1 ;;
      esac
      """;
}
