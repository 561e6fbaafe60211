package dev.mtb.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForwardingDestinationTest {
  /** The first asks the decorator's own look; the second is the decorators' own business. */
  private static final Set<String> NOT_FORWARDED = Set.of("statListed", "limitedBy");

  /** A default method of the interface that is not handed through would be lost silently. */
  @Test
  void everyMethod_isHandedThrough() throws Exception {
    for (Method method : Destination.class.getMethods()) {
      if (!NOT_FORWARDED.contains(method.getName())) {
        assertThat(
                ForwardingDestination.class
                    .getMethod(method.getName(), method.getParameterTypes())
                    .getDeclaringClass())
            .as("%s", method)
            .isEqualTo(ForwardingDestination.class);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(classes = {RetryingDestination.class, LimitedDestination.class})
  void decorators_areBuiltOnIt(Class<?> decorator) {
    assertThat(decorator.getSuperclass()).isEqualTo(ForwardingDestination.class);
  }
}
