package dev.tollgate.gateway.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MasterKeyTest {
  private static final Secret SECRET = Secret.of("sk-or-v1-secret");

  @TempDir Path directory;
  private final MasterKey key = MasterKey.parse(textOf((byte) 1));

  private static String textOf(byte fill) {
    byte[] bytes = new byte[32];
    java.util.Arrays.fill(bytes, fill);
    return Base64.getEncoder().encodeToString(bytes);
  }

  @Test
  void whatIsSealedOpensInItsContext() {
    assertThat(key.open(key.seal(SECRET, "prj_1"), "prj_1")).isEqualTo(SECRET);
  }

  @Test
  void theSameKeyTextOpensToo() {
    MasterKey again = MasterKey.parse(" " + textOf((byte) 1) + "\n");

    assertThat(again.open(key.seal(SECRET, "prj_1"), "prj_1")).isEqualTo(SECRET);
  }

  @Test
  void sealingTwiceGivesDifferentTexts() {
    assertThat(key.seal(SECRET, "prj_1")).isNotEqualTo(key.seal(SECRET, "prj_1"));
  }

  @Test
  void aSealedTextDoesNotShowTheSecret() {
    byte[] sealed = Base64.getDecoder().decode(key.seal(SECRET, "prj_1"));

    assertThat(new String(sealed, java.nio.charset.StandardCharsets.ISO_8859_1))
        .doesNotContain("secret");
  }

  @Test
  void itDoesNotOpenInAnotherContext() {
    String sealed = key.seal(SECRET, "prj_1");

    assertThatThrownBy(() -> key.open(sealed, "prj_2"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void itDoesNotOpenUnderAnotherKey() {
    String sealed = key.seal(SECRET, "prj_1");
    MasterKey other = MasterKey.parse(textOf((byte) 2));

    assertThatThrownBy(() -> other.open(sealed, "prj_1"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void noByteOfASealedTextCanBeChanged() {
    byte[] sealed = Base64.getDecoder().decode(key.seal(SECRET, "prj_1"));
    for (int i = 0; i < sealed.length; i++) {
      byte[] changed = sealed.clone();
      changed[i] ^= 1;
      String text = Base64.getEncoder().encodeToString(changed);
      assertThatThrownBy(() -> key.open(text, "prj_1"))
          .as("byte %d", i)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void noSealedTextOpensWhenItIsCutShort() {
    byte[] sealed = Base64.getDecoder().decode(key.seal(SECRET, "prj_1"));
    for (int length = 0; length < sealed.length; length++) {
      String text = Base64.getEncoder().encodeToString(java.util.Arrays.copyOf(sealed, length));
      assertThatThrownBy(() -> key.open(text, "prj_1"))
          .as("%d bytes", length)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void itDoesNotPrint() {
    assertThat(key).hasToString("***");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "not base64 at all!", "c2hvcnQ="})
  void whatIsNotBase64Of32BytesIsRefusedAndNotRepeated(String text) {
    assertThatThrownBy(() -> MasterKey.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a master key must be base64 of 32 bytes");
  }

  @Test
  void aFileThatIsMissingIsMadeForItsOwnerAlone() throws Exception {
    Path file = directory.resolve("key");
    MasterKey.readOrCreate(file);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void aFileIsReadAgain() {
    Path file = directory.resolve("key");
    String sealed = MasterKey.readOrCreate(file).seal(SECRET, "prj_1");

    assertThat(MasterKey.readOrCreate(file).open(sealed, "prj_1")).isEqualTo(SECRET);
  }

  @Test
  void everyNewFileHoldsAnotherKey() throws Exception {
    MasterKey.readOrCreate(directory.resolve("a"));
    MasterKey.readOrCreate(directory.resolve("b"));

    assertThat(Files.readString(directory.resolve("a")))
        .isNotEqualTo(Files.readString(directory.resolve("b")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "top-secret-but-no-key", "\u00e9"})
  void aFileThatHoldsNoKeyIsNamedButNotRepeated(String text) throws Exception {
    Path file = Files.writeString(directory.resolve("key"), text);

    assertThatThrownBy(() -> MasterKey.readOrCreate(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(file.toString())
        .hasMessageNotContaining("top-secret");
  }

  @Test
  void aFileThatHoldsNoKeyIsLeftAsItIs() throws Exception {
    Path file = Files.writeString(directory.resolve("key"), "mine");
    try {
      MasterKey.readOrCreate(file);
    } catch (IllegalArgumentException e) {
      // As it should be.
    }

    assertThat(file).hasContent("mine");
  }

  @Test
  void aFileInNoDirectoryIsRefused() {
    Path file = directory.resolve("missing/key");

    assertThatThrownBy(() -> MasterKey.readOrCreate(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cannot write " + file);
  }

  // Several, while they are rotated.

  @Test
  void theNewestSealsAndEachOpensWhatItSealed() {
    MasterKey both = MasterKey.parse("2:" + textOf((byte) 2) + " , 1:" + textOf((byte) 1));
    MasterKey newOne = MasterKey.parse("2:" + textOf((byte) 2));

    assertThat(both.open(key.seal(SECRET, "a"), "a")).isEqualTo(SECRET);
    assertThat(newOne.open(both.seal(SECRET, "a"), "a")).isEqualTo(SECRET);
    String sealed = both.seal(SECRET, "a");
    assertThatThrownBy(() -> key.open(sealed, "a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the sealed text needs a key version that is not configured");
    assertThat(both.hasOlder()).isTrue();
    assertThat(newOne.hasOlder()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0:@", "-1:@", "1:@,@", "2:@,2:@", "@,", ",@", "2:", "2:@;1:@", "x:@"})
  void aListThatIsNoneIsRefused(String text) {
    assertThatThrownBy(() -> MasterKey.parse(text.replace("@", textOf((byte) 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining(textOf((byte) 1));
  }

  @Test
  void aFileGetsANewKeyBesideTheOldOneAndIsRidOfTheOldOneLater() throws Exception {
    Path file = directory.resolve("key");
    MasterKey first = MasterKey.readOrCreate(file);
    String sealed = first.seal(SECRET, "a");

    MasterKey both = MasterKey.addTo(file);
    assertThat(both.open(sealed, "a")).isEqualTo(SECRET);
    assertThat(MasterKey.readOrCreate(file).hasOlder()).isTrue();
    MasterKey.keepNewest(file);

    MasterKey second = MasterKey.readOrCreate(file);
    assertThat(second.open(both.seal(SECRET, "a"), "a")).isEqualTo(SECRET);
    assertThatThrownBy(() -> second.open(sealed, "a")).isInstanceOf(IllegalArgumentException.class);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }
}
