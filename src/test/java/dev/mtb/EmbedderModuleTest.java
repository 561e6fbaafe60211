package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableMap;
import com.google.common.util.concurrent.internal.InternalFutures;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.module.Configuration;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.io.IOUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;

/**
 * A program in a module of its own, with MTB and the few libraries that a backup to a folder needs.
 */
class EmbedderModuleTest {
  @TempDir Path temp;
  private List<Path> modulePath;

  @BeforeEach
  void findModules() throws URISyntaxException {
    modulePath =
        List.of(
            placeOf(Mtb.class),
            placeOf(ImmutableMap.class),
            placeOf(InternalFutures.class),
            placeOf(DigestUtils.class),
            placeOf(IOUtils.class),
            placeOf(Logger.class));
  }

  private static Path placeOf(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  @Test
  void onlyTheRoomsForEmbeddersAreExported() {
    Set<String> exported =
        ModuleFinder.of(modulePath.get(0))
            .find("dev.mtb")
            .orElseThrow()
            .descriptor()
            .exports()
            .stream()
            .filter(e -> !e.isQualified())
            .map(ModuleDescriptor.Exports::source)
            .collect(Collectors.toSet());
    assertThat(exported)
        .containsExactlyInAnyOrder(
            "dev.mtb", "dev.mtb.job", "dev.mtb.model", "dev.mtb.options", "dev.mtb.store");
  }

  @Test
  void backsUp() throws Exception {
    Path source = Files.createDirectory(temp.resolve("source"));
    Files.writeString(source.resolve("file"), "content");
    String errors =
        compile(
            """
            package embedder;
            import dev.mtb.Mtb;
            import dev.mtb.job.BackupJob;
            import java.nio.file.Path;
            public final class Program {
              public static int run(Path source, Path destination) throws Exception {
                return Mtb.backup(
                        BackupJob.builder().source(source).base(source).destination(destination).build())
                    .exitCode();
              }
            }
            """);
    assertThat(errors).isEmpty();
    ModuleFinder finder =
        ModuleFinder.of(
            Stream.concat(Stream.of(temp.resolve("classes")), modulePath.stream())
                .toArray(Path[]::new));
    Configuration configuration =
        ModuleLayer.boot().configuration().resolve(finder, ModuleFinder.of(), Set.of("embedder"));
    ClassLoader loader =
        ModuleLayer.defineModulesWithOneLoader(
                configuration, List.of(ModuleLayer.boot()), ClassLoader.getPlatformClassLoader())
            .layer()
            .findLoader("embedder");
    Path destination = temp.resolve("destination");
    Object exitCode =
        loader
            .loadClass("embedder.Program")
            .getMethod("run", Path.class, Path.class)
            .invoke(null, source, destination);
    assertThat(exitCode).isEqualTo(0);
    assertThat(destination.resolve("file")).hasContent("content");
  }

  @Test
  void otherRooms_cannotBeNamed() throws IOException {
    String errors =
        compile("package embedder; final class Program { Object run = dev.mtb.engine.Run.class; }");
    assertThat(errors)
        .contains("package dev.mtb.engine is declared in module dev.mtb, which does not export it");
  }

  /** Compiles a module with one class, and returns what the compiler says. */
  private String compile(String program) throws IOException {
    Path sources = Files.createDirectories(temp.resolve("sources/embedder"));
    Path module =
        Files.writeString(
            sources.resolveSibling("module-info.java"),
            "module embedder { requires dev.mtb; exports embedder; }");
    Path file = Files.writeString(sources.resolve("Program.java"), program);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter errors = new StringWriter();
    boolean unused =
        compiler
            .getTask(
                errors,
                null,
                null,
                List.of(
                    "-proc:none",
                    "-Xlint:-options",
                    // The class path of the tests is not used, since it has the same classes
                    // outside of a module.
                    "-cp",
                    temp.toString(),
                    "-d",
                    temp.resolve("classes").toString(),
                    "-p",
                    Joiner.on(java.io.File.pathSeparator).join(modulePath)),
                null,
                compiler.getStandardFileManager(null, null, null).getJavaFileObjects(module, file))
            .call();
    return errors.toString();
  }
}
