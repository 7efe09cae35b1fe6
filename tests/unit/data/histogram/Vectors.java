import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import org.HdrHistogram.Histogram;

/** Writes histograms for the decoder's test, or reads one back; see README. */
class Vectors {
	static final long HOUR_NS = 3600000000000L;

	static void write(String form, long lowest, long highest, int digits, int beyond) {
		Histogram histogram = new Histogram(lowest, highest, digits);
		for (long i = 0; i < 1000; i++)
			histogram.recordValue(i * i * i * 3000 + 100);
		for (int i = 0; i < beyond; i++)
			histogram.recordValue(2 * HOUR_NS);

		ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
		int length = form.equals("plain") ? histogram.encodeIntoByteBuffer(buffer)
			: histogram.encodeIntoCompressedByteBuffer(buffer);
		byte[] bytes = Arrays.copyOf(buffer.array(), length);
		System.out.println("java " + form + " " + lowest + " " + highest + " " + digits + " " + beyond
			+ " " + Base64.getEncoder().encodeToString(bytes));
	}

	static void read(String text) throws Exception {
		ByteBuffer buffer = ByteBuffer.wrap(Base64.getDecoder().decode(text));
		Histogram histogram = Histogram.decodeFromCompressedByteBuffer(buffer, 0);
		System.out.println("count " + histogram.getTotalCount() + " max " + histogram.getMaxValue()
			+ " p50 " + histogram.getValueAtPercentile(50) + " p99 "
			+ histogram.getValueAtPercentile(99) + " p99.9 "
			+ histogram.getValueAtPercentile(99.9));
	}

	public static void main(String[] arguments) throws Exception {
		if (arguments.length > 0) {
			read(arguments[0]);
			return;
		}
		for (int digits = 1; digits <= 5; digits++)
			write("compressed", 1, HOUR_NS, digits, 0);
		write("plain", 1, HOUR_NS, 3, 0);
		write("compressed", 1000, 4 * HOUR_NS, 3, 7);
		write("compressed", 1, Long.MAX_VALUE, 2, 7);
	}
}
