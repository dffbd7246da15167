package dev.tollgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.http.BodyMemory.Answer;
import org.junit.jupiter.api.Test;

class BodyMemoryTest {
  private final BodyMemory memory = new BodyMemory(1000, 100);

  @Test
  void aProjectHasAQuarterAndNoMore() {
    assertThat(memory.part("a").take(200)).isEqualTo(Answer.GRANTED);
    assertThat(memory.part("a").take(51)).isEqualTo(Answer.SHARE_TAKEN);
    assertThat(memory.part("a").take(50)).isEqualTo(Answer.GRANTED);
    assertThat(memory.takenBytes()).isEqualTo(250);
  }

  @Test
  void aProjectHasOneBodyIfThatIsMoreThanAQuarter() {
    BodyMemory small = new BodyMemory(1000, 600);
    assertThat(small.part("a").take(600)).isEqualTo(Answer.GRANTED);
    assertThat(small.part("a").take(1)).isEqualTo(Answer.SHARE_TAKEN);
  }

  @Test
  void allProjectsTogetherHaveWhatThereIs() {
    for (String project : new String[] {"a", "b", "c", "d"}) {
      assertThat(memory.part(project).take(250)).isEqualTo(Answer.GRANTED);
    }
    assertThat(memory.part("e").take(1)).isEqualTo(Answer.ALL_TAKEN);
  }

  @Test
  void whatIsGivenBackCanBeHadAgain() {
    BodyMemory.Part part = memory.part("a");
    assertThat(part.take(250)).isEqualTo(Answer.GRANTED);
    part.close();
    part.close();
    assertThat(memory.takenBytes()).isZero();
    assertThat(memory.part("a").take(250)).isEqualTo(Answer.GRANTED);
  }

  @Test
  void aPartThatIsClosedGetsNothingMore() {
    BodyMemory.Part part = memory.part("a");
    part.close();
    assertThat(part.take(1)).isEqualTo(Answer.ALL_TAKEN);
    part.count(5);
    assertThat(memory.takenBytes()).isZero();
  }

  @Test
  void whatIsMadeInAnyCaseIsCounted() {
    BodyMemory.Part part = memory.part("a");
    assertThat(part.take(250)).isEqualTo(Answer.GRANTED);
    part.count(240);
    assertThat(memory.takenBytes()).isEqualTo(490);
    part.count(-250);
    assertThat(memory.takenBytes()).isEqualTo(240);
    part.close();
    assertThat(memory.takenBytes()).isZero();
  }
}
