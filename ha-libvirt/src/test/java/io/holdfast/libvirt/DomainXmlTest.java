package io.holdfast.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Definition;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DomainXmlTest {
  private static Optional<String> fault(String xml) {
    return DomainXml.fault(new Definition(xml), "web");
  }

  @Test
  void theNameOfTheDomainItselfCounts() {
    assertThat(fault("<domain><name>web</name></domain>")).isEmpty();
    assertThat(fault("<?xml version='1.0'?><domain><!-- a --><name>web</name><x/></domain>"))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<domain><name>other</name></domain>",
        "<domain><name>web </name></domain>",
        "<domain><name>other</name><name>web</name></domain>",
        "<domain><devices><name>web</name></devices></domain>",
        "<domain/>",
        "<network><name>web</name></network>",
        "<domain><name>web</name>",
        "web",
        "<!DOCTYPE domain><domain><name>web</name></domain>",
        "<!DOCTYPE domain [<!ENTITY n 'web'>]><domain><name>&n;</name></domain>",
        "<!DOCTYPE domain [<!ENTITY n SYSTEM 'file:///etc/hostname'>]>"
            + "<domain><name>&n;</name></domain>",
      })
  void whatIsNotTheWorkloadsDomainIsRefused(String xml) {
    assertThat(fault(xml)).isPresent();
  }

  @Test
  void whatItSaysDoesNotQuoteTheXmlAndNothingIsPrinted() {
    PrintStream before = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      assertThat(fault("<domain><name>web</name><graphics passwd='s3cret'</domain>"))
          .hasValueSatisfying(text -> assertThat(text).doesNotContain("s3cret").contains("line 1"));
    } finally {
      System.setErr(before);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEmpty();
  }
}
