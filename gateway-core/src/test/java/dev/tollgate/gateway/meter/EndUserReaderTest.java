package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.EndUser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndUserReaderTest {
  private static final String CLAUDE_CODE =
      "user_5f2c_account_9b1d-77_session_0c9e-4d11-8f00-1a2b3c4d5e6f";

  private static String endUser(RequestKind kind, String body) {
    return RequestSketch.of(body.replace('\'', '"').getBytes(UTF_8), kind, null).endUser();
  }

  private static String ofMessages(String userId) {
    String body = "{'model':'m','metadata':{'x':{'user_id':'no'},'user_id':%s}}".formatted(userId);
    return endUser(RequestKind.MESSAGE, body);
  }

  @Test
  void aBodyThatNamesNoUserHasNone() {
    assertThat(endUser(RequestKind.CHAT, "{'model':'m'}")).isEmpty();
    assertThat(endUser(RequestKind.CHAT, "not json")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"'user':' ann '", "'user':'bob','user':'ann'", "'safety_identifier':'ann'"})
  void theBodyNamesTheUser(String member) {
    for (RequestKind kind : RequestKind.values()) {
      assertThat(endUser(kind, "{'model':'m'," + member + "}")).isEqualTo("ann");
    }
  }

  @Test
  void theUserComesBeforeTheSafetyIdentifierAndThatBeforeTheMetadata() {
    String metadata = "'metadata':{'user_id':'c'}";
    assertThat(
            endUser(RequestKind.MESSAGE, "{" + metadata + ",'safety_identifier':'b','user':'a'}"))
        .isEqualTo("a");
    assertThat(endUser(RequestKind.MESSAGE, "{" + metadata + ",'safety_identifier':'b'}"))
        .isEqualTo("b");
    assertThat(endUser(RequestKind.MESSAGE, "{" + metadata + ",'user':''}")).isEqualTo("c");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'User':'ann'",
        "'user':7",
        "'user':null",
        "'user':{'user':'ann'}",
        "'user':['ann']"
      })
  void onlyAStringOfTheExactNameCounts(String member) {
    assertThat(endUser(RequestKind.CHAT, "{'model':'m'," + member + "}")).isEmpty();
  }

  @Test
  void metadataNamesAUserInMessagesOnly() {
    assertThat(ofMessages("'ann'")).isEqualTo("ann");
    assertThat(endUser(RequestKind.CHAT, "{'metadata':{'user_id':'ann'}}")).isEmpty();
  }

  @Test
  void aSessionIsNoPartOfTheUser() {
    assertThat(ofMessages("'" + CLAUDE_CODE + "'")).isEqualTo("9b1d-77");
    assertThat(ofMessages("'user_5f2c_account__session_0c9e'")).isEqualTo("5f2c");
    assertThat(
            ofMessages(
                "'{\\'device_id\\':\\'d\\',\\'account_uuid\\':\\'a\\',\\'session_id\\':\\'s\\'}'"))
        .isEqualTo("a");
    assertThat(
            ofMessages(
                "'{\\'device_id\\':\\'d\\',\\'account_uuid\\':\\'\\',\\'session_id\\':\\'s\\'}'"))
        .isEqualTo("d");
    assertThat(ofMessages("'{\\'session_id\\':\\'s\\'}'")).isEmpty();
  }

  @Test
  void whatOnlyLooksLikeSuchAnIdIsTheUser() {
    assertThat(ofMessages("'{ann'")).isEqualTo("{ann");
    assertThat(ofMessages("'user_of_account_7'")).isEqualTo("user_of_account_7");
  }

  @Test
  void anAgentsOwnObjectIsTheUser() {
    assertThat(ofMessages("'{\\'tenant\\':\\'a\\'}'")).isEqualTo("{\"tenant\":\"a\"}");
  }

  @Test
  void aLongNameIsHashedAsItIsWritten() {
    String name = "a".repeat(5_000);
    assertThat(endUser(RequestKind.CHAT, "{'user':'" + name + "'}"))
        .isEqualTo(EndUser.of(name))
        .startsWith("sha256:");
    assertThat(endUser(RequestKind.CHAT, "{'user':'\\'" + name + "','model':'m'}"))
        .startsWith("sha256:");
    assertThat(ofMessages("'{" + name + "'")).isEqualTo(EndUser.of("{" + name));
  }

  @Test
  @Timeout(10)
  void megabytesThatLookLikeAnAgentsIdsTakeNoTime() {
    String joined = "user_" + "_account_".repeat(500_000);
    String object = "{a:[" + "{},".repeat(1_000_000) + "{}]}";

    assertThat(ofMessages("'" + joined + "'")).startsWith("sha256:");
    assertThat(ofMessages("'" + object + "'")).startsWith("sha256:");
  }
}
