import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.opensearch.Version;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.PluginInfo;

/** Starts one OpenSearch node on loopback: Serve HOME DATA HTTP-PORT TRANSPORT-PORT. */
public class Serve extends Node {
  static final PluginInfo HTTP = new PluginInfo("transport-netty4", "HTTP", Version.CURRENT.toString(),
      Version.CURRENT, "21", "org.opensearch.transport.Netty4ModulePlugin", "", List.of(), false);

  Serve(Environment environment) {
    super(environment, List.of(HTTP), false);
  }

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.builder()
        .put("path.home", args[0])
        .put("path.data", args[1])
        .put("path.logs", args[1])
        .put("node.name", "test")
        .put("network.host", "127.0.0.1")
        .put("http.port", args[2])
        .put("transport.port", args[3])
        .put("discovery.type", "single-node")
        // A disk that is nearly full is no matter of these tests.
        .put("cluster.routing.allocation.disk.threshold_enabled", false)
        .build();
    LogConfigurator.registerErrorListener();
    LogConfigurator.setNodeName("test");
    LogConfigurator.configureWithoutConfig(settings);
    Environment environment = InternalSettingsPreparer.prepareEnvironment(
        settings, Map.of(), Path.of(args[0], "config"), () -> "test");
    new Serve(environment).start();
    Thread.currentThread().join();
  }
}
