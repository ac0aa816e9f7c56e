package io.holdfast.engine.sim;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** A second copy of the whole project's classes, with a fault in one method of them. */
final class FaultyClasses extends ClassLoader {

  /** What is wrong in a method; its names are those of the bytecode. */
  sealed interface Fault {
    /** The class and the method that have it. */
    String where();

    /** The method decides nothing any more: it always answers this. */
    record Returns(String where, boolean answer) implements Fault {}

    /** The method returns a field of its object alone. */
    record ReturnsField(String where, String field) implements Fault {}

    /** Inside the method, whoever asks this method is always answered so, or by nothing. */
    record Answers(String where, String asked, int answer) implements Fault {}

    /**
     * Inside the method, whoever asks this method is always answered with a constant of an enum.
     */
    record AnswersConstant(String where, String asked, String constants, String answer)
        implements Fault {}

    /** Inside the method, whoever asks this method asks another one of the same object. */
    record AsksInstead(String where, String asked, String instead) implements Fault {}

    /** Inside the method, everything is taken to be of this type that is compared with it. */
    record TakesFor(String where, String type) implements Fault {}

    default String owner() {
      return where().substring(0, where().lastIndexOf('.'));
    }

    /**
     * All lambdas of a method are named by what their names begin with, as their numbers change.
     */
    default boolean isIn(String name) {
      return method().endsWith("$") ? name.startsWith(method()) : name.equals(method());
    }

    default String method() {
      return where().substring(where().lastIndexOf('.') + 1);
    }
  }

  private static final String PREFIX = "io.holdfast.";
  private final List<Fault> faults;
  private int found;

  FaultyClasses(List<Fault> faults) {
    super(FaultyClasses.class.getClassLoader());
    this.faults = faults;
  }

  /** In how many places a fault was put so far. */
  int found() {
    return found;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(PREFIX)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      return known == null ? findClass(name) : known;
    }
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] code = in.readAllBytes();
      for (Fault fault : faults) {
        if (name.equals(PREFIX + "engine." + fault.owner())) {
          code = put(fault, code);
        }
      }
      return defineClass(name, code, 0, code.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }

  private byte[] put(Fault fault, byte[] code) {
    ClassReader reader = new ClassReader(code);
    ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
    reader.accept(
        new ClassVisitor(Opcodes.ASM9, writer) {
          @Override
          public @Nullable MethodVisitor visitMethod(
              int access,
              String name,
              String descriptor,
              @Nullable String signature,
              String @Nullable [] exceptions) {
            MethodVisitor method =
                super.visitMethod(access, name, descriptor, signature, exceptions);
            return fault.isIn(name) ? faulty(fault, method) : method;
          }
        },
        0);
    return writer.toByteArray();
  }

  private MethodVisitor faulty(Fault fault, MethodVisitor method) {
    if (fault instanceof Fault.Answers answers) {
      return new Answering(method, answers);
    }
    if (fault instanceof Fault.AnswersConstant answers) {
      return new AnsweringConstant(method, answers);
    }
    if (fault instanceof Fault.AsksInstead instead) {
      return new MethodVisitor(Opcodes.ASM9, method) {
        @Override
        public void visitMethodInsn(
            int opcode, String owner, String name, String descriptor, boolean isInterface) {
          boolean here = (simpleName(owner) + "." + name).equals(instead.asked());
          found += here ? 1 : 0;
          super.visitMethodInsn(
              opcode, owner, here ? instead.instead() : name, descriptor, isInterface);
        }
      };
    }
    if (fault instanceof Fault.TakesFor taken) {
      return new MethodVisitor(Opcodes.ASM9, method) {
        @Override
        public void visitTypeInsn(int opcode, String type) {
          if (opcode == Opcodes.INSTANCEOF && type.endsWith(taken.type())) {
            found++;
            super.visitInsn(Opcodes.POP);
            super.visitInsn(Opcodes.ICONST_1);
          } else {
            super.visitTypeInsn(opcode, type);
          }
        }
      };
    }
    found++;
    method.visitCode();
    if (fault instanceof Fault.ReturnsField field) {
      method.visitVarInsn(Opcodes.ALOAD, 0);
      String owner = (PREFIX + "engine." + fault.owner()).replace('.', '/');
      method.visitFieldInsn(Opcodes.GETFIELD, owner, field.field(), "Z");
    } else {
      method.visitInsn(((Fault.Returns) fault).answer() ? Opcodes.ICONST_1 : Opcodes.ICONST_0);
    }
    method.visitInsn(Opcodes.IRETURN);
    method.visitMaxs(0, 0);
    method.visitEnd();
    return new MethodVisitor(Opcodes.ASM9) {}; // what the method did before
  }

  private final class Answering extends MethodVisitor {
    private final Fault.Answers answers;

    Answering(MethodVisitor method, Fault.Answers answers) {
      super(Opcodes.ASM9, method);
      this.answers = answers;
    }

    @Override
    public void visitMethodInsn(
        int opcode, String owner, String name, String descriptor, boolean isInterface) {
      if (!answers.asked().equals(simpleName(owner) + "." + name)) {
        super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
        return;
      }
      found++;
      dropCall(mv, opcode, descriptor);
      if (Type.getReturnType(descriptor).getSort() == Type.OBJECT) {
        String optional = "java/util/Optional";
        super.visitMethodInsn(
            Opcodes.INVOKESTATIC, optional, "empty", "()L" + optional + ";", false);
      } else {
        super.visitInsn(Opcodes.ICONST_0 + answers.answer());
      }
    }
  }

  private final class AnsweringConstant extends MethodVisitor {
    private final Fault.AnswersConstant answers;

    AnsweringConstant(MethodVisitor method, Fault.AnswersConstant answers) {
      super(Opcodes.ASM9, method);
      this.answers = answers;
    }

    @Override
    public void visitMethodInsn(
        int opcode, String owner, String name, String descriptor, boolean isInterface) {
      if (!answers.asked().equals(simpleName(owner) + "." + name)) {
        super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
        return;
      }
      found++;
      dropCall(mv, opcode, descriptor);
      String type = (PREFIX + "engine." + answers.constants()).replace('.', '/');
      super.visitFieldInsn(Opcodes.GETSTATIC, type, answers.answer(), "L" + type + ";");
    }
  }

  private static String simpleName(String owner) {
    return owner.substring(owner.lastIndexOf('/') + 1);
  }

  /** What a call would have taken is on the stack already. */
  private static void dropCall(MethodVisitor method, int opcode, String descriptor) {
    Type[] arguments = Type.getArgumentTypes(descriptor);
    for (int i = arguments.length - 1; i >= 0; i--) {
      method.visitInsn(arguments[i].getSize() == 2 ? Opcodes.POP2 : Opcodes.POP);
    }
    if (opcode != Opcodes.INVOKESTATIC) {
      method.visitInsn(Opcodes.POP);
    }
  }
}
