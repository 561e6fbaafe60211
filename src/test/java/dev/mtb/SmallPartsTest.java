package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** Classes, methods and parameter lists are short. */
class SmallPartsTest {
  private static final int LINES_OF_A_CLASS = 400;
  private static final int LINES_OF_A_METHOD = 60;
  private static final int PARAMETERS = 7;

  @Test
  void classesMethodsAndParameterLists_areShort() throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> tooLarge = new ArrayList<>();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null);
        Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
      List<Path> files = sources.filter(file -> file.toString().endsWith(".java")).toList();
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, manager, null, null, null, manager.getJavaFileObjectsFromPaths(files));
      for (CompilationUnitTree unit : task.parse()) {
        long lines = unit.getLineMap().getLineNumber(end(task, unit, unit));
        String name = Path.of(unit.getSourceFile().toUri()).getFileName().toString();
        if (lines > LINES_OF_A_CLASS) {
          tooLarge.add(name + " has " + lines + " lines");
        }
        unit.accept(new Methods(task, unit, name, tooLarge), null);
      }
    }
    assertThat(tooLarge).isEmpty();
  }

  private static long end(JavacTask task, CompilationUnitTree unit, Tree tree) {
    return Trees.instance(task).getSourcePositions().getEndPosition(unit, tree);
  }

  /** Checks each method and constructor. Components of records are not limited. */
  private static final class Methods extends TreeScanner<Void, Void> {
    private final JavacTask task;
    private final CompilationUnitTree unit;
    private final String name;
    private final List<String> tooLarge;

    Methods(JavacTask task, CompilationUnitTree unit, String name, List<String> tooLarge) {
      this.task = task;
      this.unit = unit;
      this.name = name;
      this.tooLarge = tooLarge;
    }

    @Override
    public Void visitClass(ClassTree type, Void unused) {
      boolean isRecord = type.getKind() == Tree.Kind.RECORD;
      for (Tree member : type.getMembers()) {
        if (member instanceof MethodTree method) {
          boolean isOfRecord = isRecord && method.getName().contentEquals("<init>");
          check(method, isOfRecord);
        }
      }
      return super.visitClass(type, null);
    }

    private void check(MethodTree method, boolean isOfRecord) {
      String what = name + " " + method.getName();
      int parameters = method.getParameters().size();
      if (parameters > PARAMETERS && !isOfRecord) {
        tooLarge.add(what + " has " + parameters + " parameters");
      }
      if (method.getBody() == null) {
        return;
      }
      long begin = Trees.instance(task).getSourcePositions().getStartPosition(unit, method);
      long lines =
          unit.getLineMap().getLineNumber(end(task, unit, method))
              - unit.getLineMap().getLineNumber(begin)
              + 1;
      if (lines > LINES_OF_A_METHOD) {
        tooLarge.add(what + " has " + lines + " lines");
      }
    }
  }
}
