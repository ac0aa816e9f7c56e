package io.holdfast.libvirt;

import io.holdfast.api.Definition;
import java.io.IOException;
import java.io.StringReader;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * Looks into a domain XML before libvirt does. What it says never quotes the XML, which may hold
 * secrets; libvirt's parser quotes the line it stumbles over, so it is not given XML that is not
 * well formed.
 */
final class DomainXml {
  private DomainXml() {}

  /** Why the definition cannot be one of the domain, or nothing if it can. */
  static Optional<String> fault(Definition definition, String domain) {
    try {
      Element root = parse(definition.text());
      if (!root.getTagName().equals("domain")) {
        return Optional.of("not a domain XML: its root element is not <domain>");
      }
      String name = null;
      for (Node child = root.getFirstChild(); child != null; child = child.getNextSibling()) {
        if (child instanceof Element element && element.getTagName().equals("name")) {
          if (name != null) {
            return Optional.of("the domain XML has more than one <name>");
          }
          name = element.getTextContent();
        }
      }
      return domain.equals(name)
          ? Optional.empty()
          : Optional.of("the <name> in the domain XML is not " + domain);
    } catch (SAXParseException e) {
      return Optional.of(
          "not well-formed XML, or with a DOCTYPE: line %d, column %d"
              .formatted(e.getLineNumber(), e.getColumnNumber()));
    } catch (SAXException | IOException e) {
      return Optional.of("not XML: " + e.getClass().getSimpleName());
    }
  }

  private static Element parse(String text) throws SAXException, IOException {
    DocumentBuilder builder = newBuilder();
    builder.setErrorHandler(new DefaultHandler()); // the built-in one writes to standard error
    return builder.parse(new InputSource(new StringReader(text))).getDocumentElement();
  }

  private static DocumentBuilder newBuilder() {
    try {
      // The JDK's own, whatever else is on the class path: it knows these features.
      DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_DTD, "");
      factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_SCHEMA, "");
      factory.setXIncludeAware(false);
      factory.setExpandEntityReferences(false);
      return factory.newDocumentBuilder();
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException("the JDK's XML parser refuses to be made safe", e);
    }
  }
}
