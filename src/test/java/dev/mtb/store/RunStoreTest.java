package dev.mtb.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.testing.ForwardingStore;
import java.lang.reflect.Method;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunStoreTest {
  /** Methods of a tree that are not forwarded, since their defaults call forwarded methods. */
  private static final Set<String> NOT_FORWARDED =
      Set.of("entry", "way", "root", "mtimes", "hasRootMetadata", "isMoved", "expect", "limit");

  /**
   * If a decorator does not forward a default method, the wrapped store's own method is silently
   * not used.
   */
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
