package dev.mtb.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.testing.ForwardingStore;
import java.lang.reflect.Method;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunStoreTest {
  /** As a tree such a store is read by its own methods, which the defaults use. */
  private static final Set<String> NOT_FORWARDED =
      Set.of("entry", "way", "root", "mtimes", "hasRootMetadata", "isMoved", "expect", "limit");

  /** A default method of the interface that is not handed through would be lost silently. */
  @ParameterizedTest
  @ValueSource(classes = {RunStore.class, ForwardingStore.class})
  void everyMethod_isHandedThrough(Class<?> decorator) throws Exception {
    for (Method method : Store.class.getMethods()) {
      if (NOT_FORWARDED.contains(method.getName())
          || (decorator == ForwardingStore.class && method.getName().equals("statListed"))) {
        continue;
      }
      assertThat(
              decorator.getMethod(method.getName(), method.getParameterTypes()).getDeclaringClass())
          .as("%s", method)
          .isEqualTo(decorator);
    }
  }
}
